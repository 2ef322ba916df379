import type { LivePod } from '../../src/core/attributes/live-pod.ts';

/** A running pod with the one container `app`. */
export function livePodWith(overrides: Partial<LivePod> = {}): LivePod {
  return {
    uid: 'pod-uid',
    labels: { app: 'web' },
    containers: ['app'],
    running: ['app'],
    terminating: false,
    ...overrides,
  };
}
