import type { Ledger } from '../ports/ledger.ts';
import type { Process } from './process.ts';
import { openConfiguredLedger } from './roles/audit-ledger.ts';
import { whenReadable } from './roles/when-readable.ts';

/**
 * The ledger of a process with the role audit. It belongs to the process: the webhook writes into it until the last command
 * that it let in was answered, long after the parts of the role audit have ended.
 */
export interface ProcessLedger extends AsyncDisposable {
  /** Undefined while it is not open. */
  current(): Ledger | undefined;
  /** As soon as its key and its directory can be used; undefined when the signal came first. Opens once. */
  open(signal: AbortSignal): Promise<Ledger | undefined>;
}

export function createProcessLedger(
  process: Pick<Process, 'clock' | 'client' | 'config' | 'log' | 'metrics'>,
): ProcessLedger {
  let opened: (Ledger & AsyncDisposable) | undefined;
  return {
    current: () => opened,
    open: async (signal) => {
      const { audit } = process.config;
      if (audit === undefined) return undefined;
      opened ??= await whenReadable('the ledger', () => openConfiguredLedger(audit, process, signal), process, signal);
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      const ledger = opened;
      opened = undefined;
      await ledger?.[Symbol.asyncDispose]();
    },
  };
}
