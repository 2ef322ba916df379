import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import { admissionFence, type FenceInput } from './desired.ts';

export interface FenceReconcilerPorts {
  readonly writer: ConfigurationWriter;
  readonly stillLeading: () => boolean;
}

/** Written anew this often, so that what somebody took down stands again. */
const RESYNC_MS = 15_000;

/** Keeps the fence up. */
export function createFenceReconciler(input: FenceInput, ports: FenceReconcilerPorts) {
  const objects = admissionFence(input);
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    for (const object of objects) {
      if (!ports.stillLeading()) return { type: 'Done' };
      await ports.writer.apply(object, signal);
    }
    return { type: 'Again', afterMs: RESYNC_MS };
  };
}
