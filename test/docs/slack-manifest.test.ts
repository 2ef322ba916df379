import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { METHODS } from '../harness/slack/methods.ts';
import { slackCalls } from './slack-calls.ts';

const manifest = z.object({
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({
    interactivity: z.object({ is_enabled: z.literal(true) }),
    socket_mode_enabled: z.literal(true),
  }),
});

test('the manifest of the Slack app has the scopes of what we call, and no other', async () => {
  const { oauth_config } = manifest.parse(parse(await readFile('examples/slack-app-manifest.yaml', 'utf8')));
  const called = await slackCalls();
  expect(called.length).toBeGreaterThan(5);
  const needed = called.flatMap((method) => METHODS[method]?.scopes ?? [`no such method: ${method}`]);
  expect([...oauth_config.scopes.bot].sort()).toEqual([...new Set(needed)].sort());
});
