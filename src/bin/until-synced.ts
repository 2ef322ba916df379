import type { Process } from './process.ts';

/** Short beside the first reads of the cluster, long beside a look at a flag. */
const POLL_MS = 20;

/** Until memory holds what the cluster does, or the signal: who leads on an empty memory does harm. */
export async function untilSynced(
  { view, clock }: Pick<Process, 'view' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  while (!view.synced() && !signal.aborted) await clock.sleep(POLL_MS, signal).catch(() => undefined);
}
