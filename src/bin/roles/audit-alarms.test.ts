import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { EVIDENCE } from '../../../test/builders/evidence.ts';
import { ledgerDeps, ledgerOptions, newSigningKey } from '../../../test/builders/ledger.ts';
import { type Receiver, startReceiver } from '../../../test/harness/receiver.ts';
import { visibleText } from '../../../test/harness/slack/seen.ts';
import { startSlack } from '../../../test/harness/slack/start-slack.ts';
import { verifyWebhook } from '../../../test/harness/verify-webhook.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { openLedger } from '../../audit/ledger/open-ledger.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { alarmsPart } from './audit-alarms.ts';

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const WITHIN = { timeout: 15_000 };

let directory = '';
beforeEach(async () => {
  directory = await testFolder();
});

async function secretFile(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), `${text}\n`, { mode: 0o600 });
  return join(directory, name);
}

const RECEIVER = { tls: { certificateFile: 'c', keyFile: 'k' }, tokenFile: 't' };

/** The part of a process, from its start until it is stopped. */
function startAlarms(ledger: Ledger, notify: object, destinations: readonly object[]) {
  const audit = { ledger: { directory }, receiver: RECEIVER, detectors: { notify: destinations } };
  const config = configSchema.parse({ audit, notify });
  if (config.audit === undefined) throw new Error('no audit');
  const metrics = createMetrics({ processMetrics: false });
  const process = { config, clock: systemClock, log: silentLogger, metrics };
  const part = alarmsPart({ process, options: config.audit, ledger });
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

const eventsAt = ({ received }: Receiver) => received.map((one) => verifyWebhook(SECRET, one) as { id: string });

test('an alarm of which nobody knows whether it arrived is told again after a restart, under the same id, and Slack hears of it once', async () => {
  await using receiver = await startReceiver();
  await using slack = await startSlack();
  const notify = {
    webhooks: [{ name: 'ops', url: receiver.url, secretFile: await secretFile('webhook', SECRET) }],
    slack: {
      botTokenFile: await secretFile('bot-token', slack.botToken),
      // Of what takes answers: whoever only tells alarms needs none of it.
      appTokenFile: join(directory, 'none'),
      teams: ['T0EXAMPLE'],
      apiUrl: slack.apiUrl,
    },
  };
  const destinations = [
    { kind: 'Webhook', channel: 'ops' },
    { kind: 'Slack', channel: '#prod-access' },
  ];
  await using ledger = await openLedger(ledgerOptions(directory), ledgerDeps(systemClock, { key: newSigningKey() }));
  // Taken, and never answered.
  receiver.answers.push(undefined);
  {
    await using first = new AsyncDisposableStack();
    first.use(startAlarms(ledger, notify, destinations));
    await ledger.append([EVIDENCE.Decision, EVIDENCE.Alarm]);
    await vi.waitFor(() => {
      expect(receiver.received).toHaveLength(1);
      expect(slack.messages('#prod-access')).toHaveLength(1);
    }, WITHIN);
  }
  await using second = startAlarms(ledger, notify, destinations);
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), WITHIN);
  const [before, after] = eventsAt(receiver);
  expect(after?.id).toBe(before?.id);
  expect(after).toMatchObject({ type: 'dev.sallyport.alarm.bypass', data: { notice: { count: 1 } } });
  const [message, ...others] = slack.messages('#prod-access');
  expect(others).toEqual([]);
  expect(visibleText(message?.blocks ?? [])).toContain('mallory did exec in prod/web-0');
  await vi.waitFor(async () => {
    const { text } = await second.metrics.render();
    expect(text).toContain('sallyport_alarm_messages_total{destination="Webhook ops",result="Told"} 1');
  }, WITHIN);
});
