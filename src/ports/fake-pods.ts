import type { LivePod } from '../core/attributes/live-pod.ts';
import type { Pods } from './pods.ts';

/** Pods by `namespace/name`, or an error for all. */
export class FakePods implements Pods {
  readonly pods = new Map<string, LivePod>();
  /** Set to make every look fail. */
  failure: Error | undefined;
  readonly asked: string[] = [];

  async get(namespace: string, name: string, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    this.asked.push(`${namespace}/${name}`);
    if (this.failure !== undefined) throw this.failure;
    const pod = this.pods.get(`${namespace}/${name}`);
    return pod === undefined ? undefined : asStored(pod, namespace, name);
  }
}

/** A core/v1 Pod from which livePod reads the same again. */
function asStored(pod: LivePod, namespace: string, name: string): object {
  return {
    metadata: {
      namespace,
      name,
      uid: pod.uid,
      labels: pod.labels,
      ...(pod.terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: pod.containers.map((container) => ({ name: container })) },
    status: { containerStatuses: pod.running.map((container) => ({ name: container, state: { running: {} } })) },
  };
}
