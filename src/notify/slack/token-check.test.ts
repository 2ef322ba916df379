import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/harness/eventually.ts';
import { type Slack, startSlack } from '../../../test/harness/slack/start-slack.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { boltLogger } from './bolt-logger.ts';
import { createSlackEvents } from './slack-events.ts';
import { checkToken } from './token-check.ts';
import { createSlackApi } from './web-api.ts';

let slack: Slack;
let stop: AbortController;
beforeEach(async () => {
  slack = await startSlack({ now: () => Date.now() });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await slack[Symbol.asyncDispose]();
});

/** The check with this token, what it logs, and its gauge. */
function checked(token: string) {
  const logged: string[] = [];
  const write = (_fields: object, message: string): void => void logged.push(message);
  const log = { debug: write, info: write, warn: write, error: write };
  const metrics = createMetrics({ processMetrics: false });
  const clock = new FakeClock(0);
  const api = createSlackApi({
    token: new Secret(token),
    apiUrl: slack.apiUrl,
    timeoutMs: 5_000,
    log: boltLogger(log),
  });
  const running = checkToken({ api, clock, log, events: createSlackEvents(log, metrics) }, stop.signal);
  const gauge = async () => /^sallyport_slack_token_refused (\d)$/m.exec((await metrics.render()).text)?.[1];
  return { logged, clock, gauge, running };
}

test('a token that Slack refuses is said at once, and once it is good again, too', async () => {
  const { logged, clock, gauge, running } = checked('xoxb-wrong');
  await eventually(() => logged.includes('Slack refuses the bot token of notify.slack.botTokenFile'), 'the refusal');
  expect(await gauge()).toBe('1');
  await clock.advance(3_600_000);
  await eventually(() => logged.length === 2, 'the next look');
  stop.abort();
  await running;
});

test('a good one is said, and a Slack that is away is no refusal', async () => {
  const { logged, clock, gauge, running } = checked(slack.botToken);
  await eventually(() => logged.includes('Slack takes the bot token'), 'the token to be taken');
  expect(await gauge()).toBe('0');
  slack.api.faults.set('*', { kind: 'Status', status: 503 });
  await clock.advance(3_600_000);
  await eventually(() => logged.includes('Slack cannot be asked about the bot token'), 'the outage');
  expect(await gauge()).toBe('0');
  stop.abort();
  await running;
});
