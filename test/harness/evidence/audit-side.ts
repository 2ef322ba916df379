import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createIntake } from '../../../src/audit/intake/create-intake.ts';
import { createLedgerEvents } from '../../../src/audit/ledger/ledger-events.ts';
import { nodeDisk } from '../../../src/audit/ledger/node-disk.ts';
import { LEDGER_LIMITS, openLedger } from '../../../src/audit/ledger/open-ledger.ts';
import { createSigningKey } from '../../../src/audit/ledger/signing-key.ts';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import { createHttpsListener } from '../../../src/platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../../src/platform/http/listener.ts';
import { silentLogger } from '../../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';

/** A process with a ledger and an intake, and nothing else: to be killed. Arguments: the folder of `prepare`, and its port. */
const [folder = '', port = ''] = process.argv.slice(2);
const file = (name: string) => readFile(`${folder}/${name}`, 'utf8');

const ledger = await openLedger(
  {
    directory: `${folder}/ledger`,
    segmentBytes: 1024 * 1024,
    segmentMs: 3_600_000,
    recordBytes: 65_536,
    ...LEDGER_LIMITS,
  },
  {
    clock: systemClock,
    disk: nodeDisk,
    key: createSigningKey(await file('ledger-key.pem')),
    events: createLedgerEvents(silentLogger, createMetrics({ processMetrics: false })),
    newId: randomUUID,
  },
);
const listener = createHttpsListener({
  host: '127.0.0.1',
  port: Number(port),
  certificate: { certificatePem: await file('server.crt'), privateKeyPem: await file('server.key') },
  clientCaPem: await file('ca.crt'),
  limits: DEFAULT_LISTENER_LIMITS,
  handler: createIntake(
    { clientNames: new Set(['sallyport-webhook']) },
    { ledger, clock: systemClock, events: { taken: () => undefined, failed: () => undefined } },
  ),
  clock: systemClock,
  log: silentLogger,
});
await listener.start();
