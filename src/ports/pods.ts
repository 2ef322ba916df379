import type { LivePod } from '../core/attributes/live-pod.ts';

export interface Pods {
  /** The pod as it is now, not as it was cached; undefined where there is none. */
  get(namespace: string, name: string, signal: AbortSignal): Promise<LivePod | undefined>;
}
