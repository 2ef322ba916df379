import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { slackWorld } from '../../../test/harness/slack/slack-world.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import type { Clock } from '../../ports/clock.ts';

test('a port that is taken is waited for, and ends nothing', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms, signal) => {
      other.close();
      await systemClock.sleep(ms, signal);
    },
  };
  await using world = await slackWorld('Http', { clock, port });
  expect(world.logged.join('\n')).toMatch(/the receiver of what Slack sends cannot listen .*EADDRINUSE/);
  expect(world.ours.listener.ready()).toBe(true);
});
