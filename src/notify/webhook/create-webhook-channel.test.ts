import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { delivery, hostileDelivery, LINK } from '../../../test/builders/delivery.ts';
import { type Received, type Receiver, startReceiver } from '../../../test/harness/receiver.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { verifyWebhook } from '../../../test/harness/verify-webhook.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { createWebhookChannel } from './create-webhook-channel.ts';

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const NEVER = new AbortController().signal;

function channelTo(
  receiver: Pick<Receiver, 'url'>,
  options: { ca?: string; secret?: string; timeoutMs?: number } = {},
) {
  const { ca, secret = SECRET, timeoutMs = 2_000 } = options;
  return createWebhookChannel(
    {
      destinations: [
        {
          name: 'ops',
          url: receiver.url,
          secret: async () => new Secret(secret),
          ...(ca === undefined ? {} : { ca: async () => ca }),
        },
      ],
      source: 'https://console.example.com',
      timeoutMs,
    },
    systemClock,
  );
}

const first = ({ received: [received] }: Receiver): { headers: Received['headers']; body: string } =>
  received ?? { headers: {}, body: '' };

describe('a webhook', () => {
  it('receives a CloudEvent that the library of Standard Webhooks verifies', async () => {
    const [tls] = testCertificates('nobody');
    await using receiver = await startReceiver(tls);
    const told = delivery();
    await channelTo(receiver, { ca: tls.ca }).deliver(told, NEVER);
    const { headers, body } = first(receiver);
    const event = verifyWebhook(SECRET, { headers, body });
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(headers['webhook-id']).toBe(told.id);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: told.id,
      source: 'https://console.example.com',
      type: 'dev.sallyport.request.asked',
      subject: 'prod/exec-web-0',
      data: {
        request: { state: 'Pending', requester: { username: 'alice' } },
        notice: { title: 'alice wants to exec in prod/web-0', link: LINK },
      },
    });
  });

  it('that was changed on its way does not verify', async () => {
    await using receiver = await startReceiver();
    await channelTo(receiver).deliver(hostileDelivery(), NEVER);
    const { headers, body } = first(receiver);
    expect(() => verifyWebhook(SECRET, { headers, body: `${body} ` })).toThrow('No matching signature');
  });

  it('is refused for good by 410 alone', async () => {
    await using receiver = await startReceiver();
    receiver.answers.push({ status: 410 });
    await expect(channelTo(receiver).deliver(delivery(), NEVER)).rejects.toThrow(DeliveryRefusedError);
  });

  it.each([
    ['503 with a time', { status: 503, headers: { 'retry-after': '7' } }, 7_000],
    [
      '429 with a date',
      {
        status: 429,
        headers: { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' },
      },
      30_000,
    ],
    ['404', { status: 404 }, undefined],
    [
      'a redirect, which is not followed',
      { status: 307, headers: { location: 'http://127.0.0.1:1/secret' } },
      undefined,
    ],
  ])('is delayed by %s', async (_, answer, afterMs) => {
    await using receiver = await startReceiver();
    receiver.answers.push(answer);
    const failed = await channelTo(receiver)
      .deliver(delivery(), NEVER)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(DeliveryDelayedError);
    expect(failed).toMatchObject({ afterMs, message: `the receiver answered ${answer.status}` });
  });

  it('is delayed where nobody answers in time, nobody is there, or the certificate is not to be trusted', async () => {
    await using receiver = await startReceiver();
    receiver.answers.push(undefined);
    await expect(channelTo(receiver, { timeoutMs: 200 }).deliver(delivery(), NEVER)).rejects.toThrow(
      'no answer in 0.2 s',
    );
    await expect(channelTo({ url: 'http://127.0.0.1:9/x' }).deliver(delivery(), NEVER)).rejects.toThrow(
      DeliveryDelayedError,
    );
    const [tls] = testCertificates('nobody');
    await using strange = await startReceiver(tls);
    await expect(channelTo(strange).deliver(delivery(), NEVER)).rejects.toThrow(DeliveryDelayedError);
    expect(strange.received).toEqual([]);
  });

  it('does not read an endless answer', async () => {
    await using receiver = await startReceiver();
    receiver.answers.push({ status: 200, body: 'x'.repeat(10_000_000) });
    await expect(channelTo(receiver).deliver(delivery(), NEVER)).resolves.toEqual({});
  });

  it.each([
    ['a plain one', 'plainsecret'],
    ['three bytes', 'whsec_AAAA'],
    ['65 bytes', `whsec_${Buffer.alloc(65, 1).toString('base64')}`],
    ['base64 that is none', `whsec_${'a'.repeat(41)}`],
  ])('refuses a secret that is none of Standard Webhooks: %s', async (_, secret) => {
    await using receiver = await startReceiver();
    await expect(channelTo(receiver, { secret }).deliver(delivery(), NEVER)).rejects.toThrow(
      'the signing secret must be whsec_ and the base64 of 24 to 64 bytes',
    );
    expect(receiver.received).toHaveLength(0);
  });

  it('names the file that it cannot read, and why', async () => {
    const secret = async () => new Secret(await readFile('/nowhere/siem', 'utf8'));
    const options = { destinations: [{ name: 'ops', url: 'https://127.0.0.1:1', secret }], source: 'urn:x' };
    await expect(createWebhookChannel(options, systemClock).deliver(delivery(), NEVER)).rejects.toThrow(
      /^the file with the signing secret cannot be read: ENOENT.*\/nowhere\/siem/,
    );
  });

  it('says nothing of a secret that is none', async () => {
    await using receiver = await startReceiver();
    const failed = await channelTo(receiver, { secret: 'whsec_not*base64*' }).deliver(delivery(), NEVER).catch(String);
    expect(failed).not.toContain('not*base64');
    expect(receiver.received).toHaveLength(0);
  });
});
