import { createLedgerEvents, type LedgerEvents } from '../audit/ledger/ledger-events.ts';
import type { OpenLedger } from '../audit/ledger/open-ledger.ts';
import type { Process, ProcessLedger } from './process.ts';
import { openConfiguredLedger } from './roles/audit-ledger.ts';
import { warnOfOpenFile } from './roles/warn-of-open-file.ts';
import { whenReadable } from './roles/when-readable.ts';

export function createProcessLedger(
  process: Pick<Process, 'clock' | 'client' | 'config' | 'log' | 'metrics'>,
): ProcessLedger {
  let opened: OpenLedger | undefined;
  let writable = true;
  return {
    current: () => opened,
    writable: () => writable,
    open: async (signal) => {
      const { audit } = process.config;
      if (audit === undefined) return undefined;
      const told = createLedgerEvents(process.log, process.metrics);
      const events: LedgerEvents = {
        ...told,
        committed: (facts) => {
          writable = true;
          told.committed(facts);
        },
        failed: (task, error) => {
          if (task === 'Append') writable = false;
          told.failed(task, error);
        },
      };
      const open = () => openConfiguredLedger(audit, process, events, signal);
      opened = await whenReadable('the ledger', open, process, signal);
      await warnOfOpenFile('audit.ledger.keyFile', audit.ledger.keyFile, process.log);
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      const ledger = opened;
      opened = undefined;
      await ledger?.[Symbol.asyncDispose]();
    },
  };
}
