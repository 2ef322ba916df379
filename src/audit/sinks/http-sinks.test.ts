import { describe, expect, test } from 'vitest';
import { sinkMessages } from '../../../test/builders/sink-messages.ts';
import { EVIDENCE } from '../../../test/builders/evidence.ts';
import { startReceiver } from '../../../test/harness/receiver.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { verifyWebhook } from '../../../test/harness/verify-webhook.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import type { HttpTarget } from './http.ts';
import { createOtlpSink } from './otlp/create-otlp-sink.ts';
import type { Sink } from './sink.ts';
import { createWebhookSink } from './webhook.ts';

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const NEVER = new AbortController().signal;

const webhookTo = (target: HttpTarget, secret = SECRET): Sink =>
  createWebhookSink({ ...target, secret: async () => new Secret(secret) }, systemClock);

const KINDS: Record<string, (target: HttpTarget) => Sink> = {
  'a webhook': (target) => webhookTo(target),
  OTLP: (target) => createOtlpSink({ ...target, authorization: async () => new Secret('Bearer t0ken') }),
};

describe.each(Object.entries(KINDS))('%s', (_, create) => {
  test.each([
    ['400', { status: 400 }, { name: 'SinkRefusedError', code: 'BadRequest' }],
    ['413', { status: 413 }, { name: 'SinkRefusedError', code: 'TooLarge' }],
    ['401', { status: 401 }, { name: 'SinkDelayedError', code: 'Unauthorized' }],
    ['404', { status: 404 }, { name: 'SinkDelayedError', code: 'Misconfigured' }],
    [
      'a redirect, which is not followed',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      { code: 'Misconfigured' },
    ],
    ['429 with a time', { status: 429, headers: { 'retry-after': '7' } }, { code: 'Busy', afterMs: 7_000 }],
    ['503 with a time', { status: 503, headers: { 'retry-after': '3' } }, { code: 'Unavailable', afterMs: 3_000 }],
  ])('that answers %s', async (_name, answer, failure) => {
    await using receiver = await startReceiver();
    receiver.answers.push(answer);
    const sending = create({ url: receiver.url, timeoutMs: 2_000 }).send(await sinkMessages(), NEVER);
    await expect(sending).rejects.toMatchObject({ ...failure, message: `the receiver answered ${answer.status}` });
  });

  test('is sent to over TLS, by the authority that was named, and by no other', async () => {
    const [tls] = testCertificates('nobody');
    await using receiver = await startReceiver(tls);
    const target = { url: receiver.url, timeoutMs: 2_000 };
    await expect(create(target).send(await sinkMessages(), NEVER)).rejects.toMatchObject({ code: 'Unreachable' });
    expect(receiver.received).toEqual([]);
    await create({ ...target, ca: async () => tls.ca }).send(await sinkMessages(), NEVER);
    expect(receiver.received).toHaveLength(1);
  });

  test('that does not answer in time, or whose files are missing, is tried again', async () => {
    await using receiver = await startReceiver();
    receiver.answers.push(undefined);
    const target = { url: receiver.url, timeoutMs: 100 };
    await expect(create(target).send(await sinkMessages(), NEVER)).rejects.toMatchObject({ code: 'Timeout' });
    const ca = () => Promise.reject(new Error('ENOENT: /etc/ca.pem'));
    await expect(create({ ...target, ca }).send(await sinkMessages(), NEVER)).rejects.toMatchObject({
      code: 'Unreadable',
      message: 'the file with the authority cannot be read: ENOENT: /etc/ca.pem',
    });
  });
});

describe('a webhook', () => {
  test('receives a batch of CloudEvents that the library of Standard Webhooks verifies', async () => {
    await using receiver = await startReceiver();
    const messages = await sinkMessages([EVIDENCE.Decision, EVIDENCE.AuditEvent]);
    await webhookTo({ url: receiver.url, timeoutMs: 2_000 }).send(messages, NEVER);
    const [received] = receiver.received;
    if (received === undefined) throw new Error('nothing came');
    const ledger = messages[0]?.document.sallyport.ledger;
    expect(received.headers['content-type']).toBe('application/cloudevents-batch+json; charset=utf-8');
    expect(received.headers['webhook-id']).toBe(`${ledger}/1-2`);
    expect(verifyWebhook(SECRET, received)).toEqual([
      {
        specversion: '1.0',
        id: `${ledger}/1`,
        source: `urn:uuid:${ledger}`,
        type: 'dev.sallyport.evidence.decision',
        subject: 'decision/d-1',
        time: '2026-01-01T00:00:00.000Z',
        datacontenttype: 'application/json',
        data: messages[0]?.document,
      },
      expect.objectContaining({ id: `${ledger}/2`, type: 'dev.sallyport.evidence.audit-event' }),
    ]);
  });

  test('with a secret that is none gets nothing, and the secret is not told', async () => {
    await using receiver = await startReceiver();
    const sink = webhookTo({ url: receiver.url, timeoutMs: 2_000 }, 'whsec_short');
    const failed = await sink.send(await sinkMessages(), NEVER).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'Unreadable' });
    expect(String(failed)).not.toContain('whsec_short');
    expect(receiver.received).toEqual([]);
  });
});

describe('OTLP', () => {
  test.each([
    ['nothing', undefined, { rejected: 0 }],
    ['the empty answer of the specification', '{}', { rejected: 0 }],
    ['a warning', '{"partialSuccess":{"errorMessage":"old SDK"}}', { rejected: 0, why: 'old SDK' }],
    [
      'a partial success, whose number is a string in JSON',
      '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}',
      { rejected: 1, why: 'too old' },
    ],
    ['something else', '<html>', { rejected: 0 }],
  ])('reads %s', async (_, body, sent) => {
    await using receiver = await startReceiver();
    receiver.answers.push({ status: 200, ...(body === undefined ? {} : { body }) });
    const sink = createOtlpSink({ url: receiver.url, timeoutMs: 2_000 });
    expect(await sink.send(await sinkMessages(), NEVER)).toEqual(sent);
  });

  test('never sends a token of two lines, or quotes it', async () => {
    await using receiver = await startReceiver();
    const authorization = async () => new Secret('Bearer a\nX-Other: b');
    const sink = createOtlpSink({ url: receiver.url, timeoutMs: 2_000, authorization });
    const failed = await sink.send(await sinkMessages(), NEVER).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'Unreadable', message: expect.not.stringContaining('Bearer') as string });
    expect(receiver.received).toEqual([]);
  });
});
