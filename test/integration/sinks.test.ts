import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createS3Store } from '../../src/audit/s3/s3-store.ts';
import { createOtlpSink } from '../../src/audit/sinks/otlp/create-otlp-sink.ts';
import { createS3Sink } from '../../src/audit/sinks/s3.ts';
import { createSyslogSink } from '../../src/audit/sinks/syslog/create-syslog-sink.ts';
import { decisions, EVIDENCE } from '../builders/evidence.ts';
import { sinkMessages } from '../builders/sink-messages.ts';
import { startOtlpReceiver } from '../harness/otlp-receiver.ts';
import { startRsyslog } from '../harness/rsyslog.ts';
import { startS3Server } from '../harness/s3-server.ts';
import { testCertificates } from '../harness/test-certificates.ts';

const NEVER = new AbortController().signal;
const TIMEOUT_MS = 30_000;

test("the OpenTelemetry Collector's own types read every record, with all its fields", {
  timeout: 900_000,
}, async () => {
  const [tls] = testCertificates('audit');
  await using receiver = await startOtlpReceiver(tls);
  const messages = await sinkMessages(Object.values(EVIDENCE));
  const url = `https://127.0.0.1:${receiver.port}/v1/logs`;
  const sink = createOtlpSink({ url, ca: async () => tls.ca, timeoutMs: TIMEOUT_MS });
  expect(await sink.send(messages, NEVER)).toEqual({ rejected: 0, why: '' });
  await expect.poll(() => receiver.logs.length, { timeout: TIMEOUT_MS }).toBe(messages.length);
  expect(receiver.logs.map(({ attributes }) => attributes['log.record.uid'])).toEqual(messages.map(({ id }) => id));
  const decision = receiver.logs.find(({ event }) => event === 'sallyport.evidence.Decision');
  expect(decision).toMatchObject({
    resource: { 'service.name': 'sallyport', 'service.instance.id': messages[0]?.document.sallyport.ledger },
    scope: 'sallyport.evidence',
    time: Date.parse('2026-01-01T00:00:00Z') * 1e6,
    severity: 13,
    severityText: 'WARNING',
    body: 'alice: connect pods/exec prod/web-0: Denied (ApprovalRequired)',
    attributes: {
      'ecs.version': '9.4.0',
      'event.category': ['api'],
      'event.sequence': 1,
      'user.name': 'alice',
      'orchestrator.resource.name': 'web-0',
      'sallyport.decision': 'd-1',
    },
  });
  const { 'event.original': original, 'event.hash': hash } = decision?.attributes ?? {};
  expect(createHash('sha256').update(String(original)).digest('hex')).toBe(hash);
  const event = receiver.logs.find(({ event }) => event === 'sallyport.evidence.AuditEvent');
  expect(event?.attributes['http.response.status_code']).toBe(101);
});

test('rsyslog, over TLS with client certificates, has every message when the sink says so', async () => {
  const [tls] = testCertificates('audit');
  await using rsyslog = await startRsyslog(tls);
  const hostile = { ...EVIDENCE.Decision.data, user: { username: 'zoë "] \\\n<14>1 🦭' } };
  const submissions = [...Object.values(EVIDENCE), { ...EVIDENCE.Decision, id: 'decision/h', data: hostile }];
  const messages = await sinkMessages([...submissions, ...decisions(400)]);
  const sink = createSyslogSink({
    host: '127.0.0.1',
    port: rsyslog.port,
    ca: async () => tls.ca,
    client: async () => ({ cert: tls.clientCert ?? '', key: tls.clientKey ?? '' }),
    hostname: 'sallyport',
    messageBytes: 8_192,
    timeoutMs: TIMEOUT_MS,
  });
  await sink.send(messages, NEVER);
  await expect.poll(async () => (await rsyslog.entries()).length, { timeout: TIMEOUT_MS }).toBe(messages.length);
  const entries = await rsyslog.entries();
  expect(entries.map(({ data }) => / id="([^"]*)"/.exec(data)?.[1])).toEqual(messages.map(({ id }) => id));
  expect(entries[0]).toMatchObject({
    priority: '108',
    time: '2026-01-01T00:00:00.000Z',
    host: 'sallyport',
    app: 'sallyport',
    messageId: 'Decision',
  });
  expect(JSON.parse(entries[0]?.text ?? '')).toEqual(messages[0]?.document);
  expect(JSON.parse(entries[8]?.text ?? '')).toMatchObject({ user: { name: hostile.user.username } });
});

test('a real S3 server has one object a batch, and the same one when it is sent again', {
  timeout: 900_000,
}, async () => {
  await using server = await startS3Server();
  const { endpoint, bucket, credentials } = server;
  const store = createS3Store({
    bucket,
    endpoint,
    credentials,
    region: 'us-east-1',
    pathStyle: true,
    timeoutMs: TIMEOUT_MS,
  });
  const messages = await sinkMessages(decisions(50));
  const sink = createS3Sink(store, 'sallyport/');
  await sink.send(messages, NEVER);
  await sink.send(messages, NEVER);
  store.close();
  const objects = await server.objects();
  expect([...objects.keys()]).toEqual([expect.stringMatching(/\/records\/0{19}1-0{18}50-[0-9a-f]{8}\.ndjson$/)]);
  expect([...objects.values()].join('')).toBe(messages.map(({ json }) => `${json}\n`).join(''));
});
