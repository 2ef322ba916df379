import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { Process, Role } from '../process.ts';
import { alarmsPart } from './audit-alarms.ts';
import { archivePart } from './audit-archive.ts';
import { createEvidence } from './audit-index.ts';
import { diskPart } from './audit-disk.ts';
import { detectorsPart } from './audit-detectors.ts';
import { intakePart } from './audit-intake.ts';
import { observersPart } from './audit-observers.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { readApiPart } from './audit-read-api.ts';
import { receiverPart } from './audit-receiver.ts';
import { sinksPart } from './audit-sinks.ts';

/** One line a part; each part is wired in a file of its own beside this one (`audit-<part>.ts`). */
const PARTS: readonly ((context: AuditContext) => AuditPart | undefined)[] = [
  receiverPart,
  intakePart,
  observersPart,
  archivePart,
  diskPart,
  sinksPart,
  readApiPart,
  detectorsPart,
  alarmsPart,
];

/** Keeps the evidence, where a ledger is configured. */
export function auditRole(process: Process): Role {
  const { config } = process;
  const options = config.audit;
  if (options === undefined) return { name: 'audit', ready: () => true, run: untilAborted };
  let parts: readonly AuditPart[] | 'Waiting' = 'Waiting';
  // Whoever waits for a disk or a key must not take the gate of the same process out of its Service.
  const withGate = config.roles.includes('webhook');
  return {
    name: 'audit',
    ready: () => (parts === 'Waiting' ? withGate : parts.every((part) => part.ready())),
    run: async (signal) => {
      const ledger = await process.ledger.open(signal);
      if (ledger === undefined) return;
      const { evidence, part: index } = createEvidence({ process, options, ledger });
      const context = { process, options, ledger, evidence };
      const running = [index, ...PARTS.map((create) => create(context))].filter((part) => part !== undefined);
      parts = running;
      process.log.info(
        { ledger: ledger.id, records: ledger.head()?.seq ?? 0, parts: running.map(({ name }) => name) },
        'the ledger is open',
      );
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      // One that fails ends the others first.
      const ended = await Promise.allSettled(
        [untilAborted, ...running.map((part) => (s: AbortSignal) => part.run(s))].map((run) =>
          run(either).finally(() => stop.abort()),
        ),
      );
      const failed = ended.find((end) => end.status === 'rejected');
      if (failed !== undefined && !signal.aborted) throw failed.reason;
    },
  };
}
