import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApprovalEvent, notificationReceiver } from '../../examples/notification-receiver.ts';
import { createWebhookChannel } from '../../src/notify/webhook/create-webhook-channel.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { Secret } from '../../src/platform/telemetry/redact.ts';
import { delivery } from '../builders/delivery.ts';

const secretOf = (text: string) => `whsec_${Buffer.from(text.padEnd(24, '.')).toString('base64')}`;
const events: ApprovalEvent[] = [];
const server = createServer(notificationReceiver(secretOf('right'), (event) => events.push(event)));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

const signedWith = (text: string) =>
  createWebhookChannel(
    {
      destinations: [
        {
          name: 'ops',
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          secret: async () => new Secret(secretOf(text)),
        },
      ],
      source: 'urn:test',
    },
    systemClock,
  );

test('the receiver of the documentation takes what Sallyport signs, once, and nothing else', async () => {
  const signal = new AbortController().signal;
  await signedWith('right').deliver(delivery(), signal);
  await signedWith('right').deliver(delivery(), signal);
  await expect(signedWith('wrong').deliver(delivery({ id: 'other' }), signal)).rejects.toThrow('answered 401');
  expect(events.map(({ type, subject }) => `${type} ${subject}`)).toEqual([
    'dev.sallyport.request.asked prod/exec-web-0',
  ]);
});
