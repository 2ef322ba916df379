import type { LivePod } from '../core/attributes/live-pod.ts';
import type { Pods } from './pods.ts';

/** Pods by `namespace/name`, or an error for all. */
export class FakePods implements Pods {
  readonly pods = new Map<string, LivePod>();
  /** Set to make every look fail. */
  failure: Error | undefined;
  readonly asked: string[] = [];

  async get(namespace: string, name: string, signal: AbortSignal): Promise<LivePod | undefined> {
    signal.throwIfAborted();
    this.asked.push(`${namespace}/${name}`);
    if (this.failure !== undefined) throw this.failure;
    return this.pods.get(`${namespace}/${name}`);
  }
}
