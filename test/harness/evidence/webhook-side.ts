import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import { createIntakeClient } from '../../../src/platform/recorder/intake-client.ts';
import { openSpool } from '../../../src/platform/recorder/open-spool.ts';
import { createQueuedRecorder } from '../../../src/platform/recorder/queued-recorder.ts';
import { ship } from '../../../src/platform/recorder/ship.ts';
import { spoolSink } from '../../../src/platform/recorder/spool-sink.ts';
import { decisionRecord } from '../../builders/decision-record.ts';

/**
 * A process that records decisions as fast as it can, and sends them on: to be killed. It writes `kept ID` for each that it
 * would have answered. Arguments: the folder of `prepare`, the port of the intake, a prefix for ids,
 * and how many it records at most.
 */
const [folder = '', port = '', prefix = '', most = 'Infinity'] = process.argv.slice(2);
const nothing = () => undefined;

const spool = await openSpool({ directory: `${folder}/spool`, maxBytes: 16 * 1024 * 1024, clock: systemClock });
const client = createIntakeClient(
  {
    url: `https://127.0.0.1:${port}`,
    certificateFile: `${folder}/client.crt`,
    keyFile: `${folder}/client.key`,
    caFile: `${folder}/ca.crt`,
    timeoutMs: 2_000,
  },
  systemClock,
);
const recorder = createQueuedRecorder(
  spoolSink(() => spool, 0),
  {
    clock: systemClock,
    random: Math.random,
    events: { waiting: nothing, failed: nothing, recovered: nothing, lost: nothing },
  },
);
void ship(
  {
    spool,
    send: (records, signal) => client.send(records, signal),
    clock: systemClock,
    random: Math.random,
    events: {
      observed: nothing,
      shipped: nothing,
      refused: (decision, problem) => writeSync(1, `refused ${decision} ${problem}\n`),
      damaged: nothing,
      unreachable: nothing,
      reachable: nothing,
    },
  },
  new AbortController().signal,
);
writeSync(1, 'ready\n');
for (let n = 0; n < Number(most); n += 1) {
  const id = `${prefix}-${String(n).padStart(6, '0')}`;
  void recorder.record(decisionRecord({ id })).then((keeping) => keeping === 'Kept' && writeSync(1, `kept ${id}\n`));
  if (n % 4 === 0) await delay(4);
}
