import type { Spool } from './open-spool.ts';
import type { RecordSink } from './queued-recorder.ts';
import { SpoolError } from './spool-error.ts';

/** Records on their way to another process's ledger: what is shipped is the record of the decision; its id follows from it. */
export function spoolSink(spool: Spool): RecordSink {
  return {
    free: () => spool.free(),
    append: (submissions) => spool.append(submissions.map(({ data }) => JSON.stringify(data))),
    refuses: (error) => error instanceof SpoolError && error.code === 'TooLong',
  };
}
