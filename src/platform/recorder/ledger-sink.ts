import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import type { RecordSink } from './queued-recorder.ts';

/**
 * @param ledger of this process; undefined while it is not open yet
 * @param writable whether the last append of anybody succeeded
 */
export function ledgerSink(ledger: () => Ledger | undefined, writable: () => boolean): RecordSink {
  return {
    hasRoom: () => ledger() !== undefined && writable(),
    hasRoomToSpare: () => ledger() !== undefined,
    append: async (submissions) => {
      const open = ledger();
      if (open === undefined) throw new LedgerError('Unwritable', 'the ledger is not open yet');
      await open.append(submissions);
    },
    refuses: (error) => error instanceof LedgerError && error.code === 'Rejected',
  };
}
