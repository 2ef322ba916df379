import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decisionRecord } from '../../../test/builders/decision-record.ts';
import { freePort } from '../../../test/harness/free-ports.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import type { Process } from '../process.ts';
import type { AuditPart } from './audit-part.ts';
import { intakePart } from './audit-intake.ts';
import { webhookRecorder } from './webhook-recorder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webhook-recorder-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What the recorder and the intake take of a process. */
function processOf(config: object, ledger?: () => Ledger | undefined): Process {
  return {
    config: configSchema.parse(config),
    clock: systemClock,
    log: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
    ledger: { current: ledger ?? (() => undefined), writable: () => true },
  } as unknown as Process;
}

const metricsOf = async ({ metrics }: Process) => (await metrics.render()).text;

describe('decisions are recorded', () => {
  test('nowhere but in the log, where neither ledger nor spool is configured', async () => {
    const { recorder, run, close } = webhookRecorder(processOf({}));
    expect(recorder.hasRoom()).toBe(true);
    expect(await recorder.record(decisionRecord())).toBe('Kept');
    await run(new AbortController().signal);
    await close();
  });

  test('in the ledger of the process, from when it is open on', async () => {
    const ledger = new FakeLedger(systemClock);
    let open: Ledger | undefined;
    const process = processOf({ audit: { ledger: { directory: folder } } }, () => open);
    const { recorder, close } = webhookRecorder(process);
    expect(recorder.hasRoom()).toBe(false);
    expect(await recorder.record(decisionRecord({ id: 'too-early' }))).toBe('Lost');
    expect(await metricsOf(process)).toContain('sallyport_decision_records_writable 0');
    open = ledger;
    await eventually(() => recorder.hasRoom(), 'room');
    expect(await recorder.record(decisionRecord({ id: 'in-time' }))).toBe('Kept');
    expect(ledger.records.map(({ id }) => id)).toEqual(['decision/too-early', 'decision/in-time']);
    expect(await metricsOf(process)).toContain('sallyport_decision_records_writable 1');
    ledger.failure = new LedgerError('Unwritable', 'ENOSPC');
    void recorder.record(decisionRecord({ id: 'the-last-one' }));
    await close();
    expect(await metricsOf(process)).toContain('sallyport_decision_records_lost_total{why="Closed"} 1');
  });

  test('in the spool, and from there in the ledger of the process with the intake, once that can be reached', async () => {
    const port = await freePort();
    const [tls] = testCertificates('sallyport-webhook');
    const file = (name: string) => join(folder, name);
    const files = { ca: tls.ca, cert: tls.cert, key: tls.key, clientCert: tls.clientCert, clientKey: tls.clientKey };
    for (const [name, text = ''] of Object.entries(files)) await writeFile(file(name), text);
    const process = processOf({
      roles: ['webhook'],
      recorder: {
        url: `https://127.0.0.1:${port}`,
        certificateFile: file('clientCert'),
        keyFile: file('clientKey'),
        caFile: file('ca'),
        spoolDirectory: file('spool'),
      },
    });
    const { recorder, run, close } = webhookRecorder(process);
    expect(recorder.hasRoom()).toBe(false);
    const stop = new AbortController();
    const running = run(stop.signal);
    await eventually(() => recorder.hasRoom(), 'the spool to be open');
    expect(await recorder.record(decisionRecord({ id: 'while-it-is-away' }))).toBe('Kept');
    expect(await metricsOf(process)).toContain('sallyport_decision_records_writable 1');

    const ledger = new FakeLedger(systemClock);
    const audit = processOf({
      audit: {
        ledger: { directory: file('ledger') },
        intake: {
          listen: { host: '127.0.0.1', port },
          tls: { certificateFile: file('cert'), keyFile: file('key') },
          clientAuthority: file('ca'),
          clientNames: ['sallyport-webhook'],
        },
      },
    });
    const { audit: options } = audit.config;
    if (options === undefined) throw new Error('no audit');
    const part = intakePart({ process: audit, options, ledger }) as AuditPart;
    expect(part.ready()).toBe(false);
    const serving = part.run(stop.signal);
    await eventually(() => ledger.records.length === 1, 'the record to arrive');
    expect(part.ready()).toBe(true);
    expect(await recorder.record(decisionRecord({ id: 'the-last-one' }))).toBe('Kept');
    await close();
    expect(ledger.records.map(({ id }) => id)).toEqual(['decision/while-it-is-away', 'decision/the-last-one']);
    expect(await metricsOf(process)).toContain('sallyport_spool_records_total{outcome="Kept"} 2');
    expect(await metricsOf(audit)).toContain('sallyport_audit_intake_records_total{outcome="Kept"} 2');
    await running;
    stop.abort();
    await serving;
  });
});
