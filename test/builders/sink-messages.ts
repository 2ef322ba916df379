import type { Submission } from '../../src/core/evidence/evidence-record.ts';
import type { SinkMessage } from '../../src/audit/sinks/sink.ts';
import { toMessage } from '../../src/audit/sinks/to-message.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { FakeLedger } from '../../src/ports/fake-ledger.ts';
import { decisions } from './evidence.ts';

/** What sinks get of these, as the only records of a ledger. */
export async function sinkMessages(submissions: readonly Submission[] = decisions(2)): Promise<SinkMessage[]> {
  const ledger = new FakeLedger(new FakeClock());
  await ledger.append(submissions);
  const stored = await ledger.read(0, { records: 1_000, bytes: 100_000_000 });
  return stored.map((one) => toMessage(one, ledger.id, 1_000_000));
}
