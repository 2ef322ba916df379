import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { decisions } from '../../../test/builders/evidence.ts';
import { ledgerDeps, ledgerOptions, newSigningKey } from '../../../test/builders/ledger.ts';
import { freePort } from '../../../test/harness/free-ports.ts';
import { type Receiver, startReceiver } from '../../../test/harness/receiver.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { verifyWebhook } from '../../../test/harness/verify-webhook.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { type OpenLedger, openLedger } from '../../audit/ledger/open-ledger.ts';
import { isSignedBy, readCheckpoint, readPublicKey } from '../../audit/ledger/signed-file.ts';
import { EVIDENCE_KINDS } from '../../core/evidence/evidence-record.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { auditSinks, SINK_KINDS } from '../../platform/config/audit-sinks.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { sinksPart } from './audit-sinks.ts';

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const WITHIN = { timeout: 15_000 };

let directory = '';
beforeEach(async () => {
  directory = await testFolder();
});

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly event: { readonly original: string } };
}

const eventsAt = ({ received }: Receiver): Event[] => received.flatMap((one) => verifyWebhook(SECRET, one) as Event[]);
const recordsAt = (receiver: Receiver): Event[] =>
  eventsAt(receiver).filter(({ type }) => !type.endsWith('checkpoint'));

/** A process with one sink, from its start until it is stopped. */
function startSinks(ledger: OpenLedger, sinks: readonly object[]) {
  const { audit } = configSchema.parse({ audit: { ledger: { directory }, sinks } });
  if (audit === undefined) throw new Error('no audit');
  const metrics = createMetrics({ processMetrics: false });
  const part = sinksPart({ process: { clock: systemClock, log: silentLogger, metrics }, options: audit, ledger });
  const stop = new AbortController();
  const running = part?.run(stop.signal);
  return {
    metrics,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

test('over a receiver that is down, an answer that is lost, and a restart, nothing is lost, and doubles have the same id', async () => {
  const [tls] = testCertificates('nobody');
  await writeFile(join(directory, 'ca.pem'), tls.ca);
  await writeFile(join(directory, 'secret'), `${SECRET}\n`);
  const port = await freePort();
  const sink = {
    name: 'siem',
    kind: 'Webhook',
    url: `https://127.0.0.1:${port}/evidence`,
    secretFile: join(directory, 'secret'),
    caFile: join(directory, 'ca.pem'),
    batchRecords: 7,
    lingerSeconds: 0.1,
  };
  const key = newSigningKey();
  await using ledger = await openLedger(ledgerOptions(directory), ledgerDeps(systemClock, { key }));
  await ledger.append(decisions(20));
  {
    await using down = startSinks(ledger, [sink]);
    await expect
      .poll(async () => (await down.metrics.render()).text, WITHIN)
      .toMatch(/sallyport_sink_failures_total\{sink="siem",code="Unreachable"\} [1-9]/);
  }
  await using receiver = await startReceiver(tls, port);
  // The checkpoint and the first batch, in whatever order they come.
  receiver.answers.push(undefined, undefined);
  {
    await using killed = new AsyncDisposableStack();
    killed.use(startSinks(ledger, [sink]));
    await expect.poll(() => receiver.answers.length, WITHIN).toBe(0);
  }
  const before = recordsAt(receiver).length;
  expect(before).toBeGreaterThan(0);
  await ledger.append(decisions(5, 100));
  await using again = new AsyncDisposableStack();
  again.use(startSinks(ledger, [sink]));
  const wanted = Array.from({ length: 25 }, (_, index) => `${ledger.id}/${index + 2}`);
  await expect.poll(() => new Set(recordsAt(receiver).map(({ id }) => id)), WITHIN).toEqual(new Set(wanted));
  expect(recordsAt(receiver).length).toBeGreaterThan(25);
  const texts = new Map<string, Set<string>>();
  for (const { id, data } of recordsAt(receiver)) texts.set(id, (texts.get(id) ?? new Set()).add(JSON.stringify(data)));
  expect([...texts.values()].every(({ size }) => size === 1)).toBe(true);
  const head = eventsAt(receiver).find(({ type }) => type === 'dev.sallyport.evidence.checkpoint');
  const checkpoint = readCheckpoint(head?.data.event.original ?? '');
  const publicKey = readPublicKey(key.publicPem);
  if (checkpoint === undefined || publicKey === undefined) throw new Error('no checkpoint came');
  expect(isSignedBy(checkpoint, publicKey.key)).toBe(true);
});

describe('the configuration of sinks', () => {
  const webhook = { name: 'a', kind: 'Webhook', url: 'https://example.com/', secretFile: '/s' };

  test('knows the kinds of records that there are', () => {
    expect(SINK_KINDS).toEqual(EVIDENCE_KINDS);
  });

  test.each<[string, object[], string]>([
    ['two of one name', [webhook, webhook], 'must not have a name twice'],
    ['plain http', [{ ...webhook, url: 'http://example.com/' }], 'must be an https URL'],
    ['a name that is no file name', [{ ...webhook, name: '../head' }], 'must be a DNS label (RFC 1123)'],
    ['a kind twice', [{ ...webhook, kinds: ['Vote', 'Vote'] }], 'must not name a kind twice'],
    [
      'a certificate without its key',
      [{ name: 'a', kind: 'Syslog', host: 'logs', certFile: '/c' }],
      'must be given with certFile, and only with it',
    ],
  ])('refuses %s', (_, sinks, problem) => {
    const { error } = auditSinks.safeParse(sinks);
    expect(error?.issues.map(({ message }) => message)).toEqual([problem]);
  });
});
