import { MAX_RECORD_BYTES, type Spool } from './open-spool.ts';
import type { RecordSink } from './queued-recorder.ts';
import { SpoolError } from './spool-error.ts';

/**
 * Records on their way to another process's ledger: what is shipped is the record of the decision; its id follows from it.
 *
 * @param spool undefined while it is not open yet
 * @param reservedBytes of it, for what must be kept
 */
export function spoolSink(spool: () => Spool | undefined, reservedBytes: number): RecordSink {
  const free = () => spool()?.free() ?? 0;
  return {
    hasRoom: (records) => free() >= MAX_RECORD_BYTES * records,
    hasRoomToSpare: () => free() > reservedBytes,
    append: async (submissions) => {
      const open = spool();
      if (open === undefined) throw new SpoolError('Unwritable', 'the spool is not open yet');
      await open.append(submissions.map(({ data }) => JSON.stringify(data)));
    },
    refuses: (error) => error instanceof SpoolError && error.code === 'TooLong',
  };
}
