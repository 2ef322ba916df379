import { expect, test } from 'vitest';
import { delivery } from '../../../test/builders/delivery.ts';
import { DeliveryDelayedError } from '../../notify/channel.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { tellingChannels } from './notify-channels.ts';

const GONE = '/nowhere/at/all';

test.each<[string, object, string]>([
  [
    'of a mail server',
    { email: { host: '127.0.0.1', port: 9, from: 'a@b.example', caFile: GONE } },
    'the file with the authority cannot be read',
  ],
  [
    'of a receiver',
    { webhooks: [{ name: 'ops', url: 'https://127.0.0.1:9', secretFile: import.meta.filename, caFile: GONE }] },
    `the file with the authority cannot be read: ENOENT: no such file or directory, open '${GONE}'`,
  ],
  [
    'with the secret of a receiver',
    { webhooks: [{ name: 'ops', url: 'https://127.0.0.1:9', secretFile: GONE }] },
    'the file with the signing secret cannot be read: ',
  ],
])('a file that is missing delays the messages alone: %s', async (_, notify, problem) => {
  const channels = tellingChannels({ config: configSchema.parse({ notify }), clock: new FakeClock() });
  const told = channels[0]?.deliver(delivery({ destination: 'ops' }), new AbortController().signal);
  const error = await told?.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeliveryDelayedError);
  expect((error as Error).message).toContain(problem);
});
