import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../test/builders/delivery.ts';
import { startMailServer } from '../../test/harness/mail-server.ts';
import { type Received, startReceiver } from '../../test/harness/receiver.ts';
import { visibleText } from '../../test/harness/slack/seen.ts';
import { startSlack } from '../../test/harness/slack/start-slack.ts';
import { testCertificates } from '../../test/harness/test-certificates.ts';
import { verifyWebhook } from '../../test/harness/verify-webhook.ts';
import { type AlarmNotice, alarmNotice, countAlarm } from '../core/evidence/alarm-notice.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { silentLogger } from '../platform/telemetry/logger.ts';
import { Secret } from '../platform/telemetry/redact.ts';
import { type Announcement, DeliveryDelayedError, DeliveryRefusedError } from './channel.ts';
import { createEmailChannel } from './email/create-email-channel.ts';
import { createSlackAnnouncer } from './slack/announcer.ts';
import { boltLogger } from './slack/bolt-logger.ts';
import { createSlackApi } from './slack/web-api.ts';
import { CARD_BYTES } from './teams/adaptive-card.ts';
import { createTeamsChannel } from './teams/create-teams-channel.ts';
import { createWebhookChannel } from './webhook/create-webhook-channel.ts';

const NEVER = new AbortController().signal;
const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const LINK = 'https://console.example.com/evidence?kind=Alarm';

function notice(message = 'mallory: create pods/exec prod/web-0: nobody was asked', count = 1): AlarmNotice {
  const alarm = { alarm: 'Bypass', message, at: '2026-11-20T10:00:00Z', evidence: [] } as const;
  let counted = countAlarm(undefined, 7, alarm);
  for (let seq = 8; seq < 7 + count; seq += 1) counted = countAlarm(counted, seq, alarm);
  return alarmNotice(counted, { consoleUrl: 'https://console.example.com' });
}

const announcement = (overrides: Partial<Announcement> = {}): Announcement => ({
  destination: 'ops',
  notice: notice(),
  id: '0123456789abcdef0123456789abcdef',
  ...overrides,
});

/** As long as a notice can be, of characters that every channel has to escape. */
const LONGEST = notice(`${HOSTILE}${'<@é">'.repeat(500)}`, 1_000_000);

describe('alarms in Slack', () => {
  const announcerOf = (slack: { readonly botToken: string; readonly apiUrl: string }) =>
    createSlackAnnouncer(
      createSlackApi({
        token: new Secret(slack.botToken),
        apiUrl: slack.apiUrl,
        timeoutMs: 2_000,
        log: boltLogger(silentLogger),
      }),
    );

  test('are one message, that says what, when and where to look', async () => {
    await using slack = await startSlack();
    await announcerOf(slack).announce(announcement({ destination: '#prod-access' }), NEVER);
    const [message, ...others] = slack.messages('#prod-access');
    expect(others).toEqual([]);
    const text = visibleText(message?.blocks ?? []);
    expect(text).toContain('Alarm Bypass: an action went round the gate');
    expect(text).toContain('mallory: create pods/exec prod/web-0: nobody was asked');
    expect(text).toContain('kubectl sallyport audit -A --kind Alarm --since 2026-11-20');
    expect(JSON.stringify(message?.blocks)).toContain(LINK);
  });

  test('that may stand there already are looked for, and others are not taken for them', async () => {
    await using slack = await startSlack();
    slack.api.rates.enabled = false;
    const announcer = announcerOf(slack);
    const told = announcement({ destination: '#prod-access' });
    await announcer.announce(told, NEVER);
    await announcer.announce({ ...told, uncertainSince: Date.now() - 1_000 }, NEVER);
    expect(slack.messages('#prod-access')).toHaveLength(1);
    await announcer.announce({ ...told, id: 'another', uncertainSince: Date.now() - 1_000 }, NEVER);
    expect(slack.messages('#prod-access')).toHaveLength(2);
  });

  test('are taken, and are no mention and no link, whatever somebody is called', async () => {
    await using slack = await startSlack();
    await announcerOf(slack).announce(announcement({ destination: '#prod-access', notice: LONGEST }), NEVER);
    const [message] = slack.messages('#prod-access');
    expect(message?.text).toBe('Alarm Bypass: an action went round the gate (1000000 times)');
    // As it was written: in plain text nothing has to be escaped.
    expect(visibleText(message?.blocks ?? [])).toContain('<script>alert(1)</script>');
    expect(JSON.stringify(message?.blocks)).not.toContain('mrkdwn');
  });

  test('are refused where there is no such channel', async () => {
    await using slack = await startSlack();
    const made = announcerOf(slack).announce(announcement({ destination: '#nowhere' }), NEVER);
    await expect(made).rejects.toThrow(DeliveryRefusedError);
  });
});

describe('alarms by mail', () => {
  const [tls] = testCertificates('nobody');
  const channelTo = (port: number) =>
    createEmailChannel({
      host: '127.0.0.1',
      port,
      tls: 'StartTls',
      ca: async () => tls.ca,
      from: 'Sallyport <sallyport@example.com>',
      timeoutMs: 5_000,
    });
  const plain = (mail = '') =>
    mail
      .replaceAll('=\r\n', '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

  test('say it in text and HTML, under the same Message-ID at each attempt', async () => {
    await using server = await startMailServer({ tls });
    const told = announcement({ destination: 'security@example.com' });
    await channelTo(server.port).announce(told, NEVER);
    await channelTo(server.port).announce(told, NEVER);
    const [first, second] = server.mails;
    const text = plain(first?.text);
    expect(first?.recipients).toEqual(['security@example.com']);
    expect(text).toContain('Subject: [Sallyport] Alarm Bypass: an action went round the gate\r\n');
    expect(text).toContain(`Message-ID: <${told.id}.sallyport@example.com>`);
    expect(/Message-ID: .*/.exec(second?.text ?? '')?.[0]).toBe(/Message-ID: .*/.exec(first?.text ?? '')?.[0]);
    expect(text.split(LINK)).toHaveLength(3);
    expect(text.split('mallory: create pods/exec')).toHaveLength(3);
  });

  test('have no header, no tag and no recipient more, whatever somebody is called', async () => {
    await using server = await startMailServer({ tls });
    await channelTo(server.port).announce(
      announcement({ destination: 'security@example.com', notice: LONGEST }),
      NEVER,
    );
    const [mail] = server.mails;
    expect(mail?.recipients).toEqual(['security@example.com']);
    expect(plain(mail?.text).split('\r\n\r\n')[0]).not.toContain('Bcc');
    expect(plain(mail?.text)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(plain(mail?.text).split('text/html')[1]).not.toContain('<script>');
  });

  test.each([
    [450, DeliveryDelayedError],
    [550, DeliveryRefusedError],
  ])('are later or never, as the server says: %i', async (code, error) => {
    await using server = await startMailServer({ tls });
    server.refusals.set('security@example.com', [code]);
    const made = channelTo(server.port).announce(announcement({ destination: 'security@example.com' }), NEVER);
    await expect(made).rejects.toThrow(error);
  });
});

describe('alarms in Teams', () => {
  const post = async (told: Announcement) => {
    await using receiver = await startReceiver();
    const channel = createTeamsChannel([{ name: 'ops', url: async () => new Secret(receiver.url) }]);
    await channel.announce(told, NEVER);
    return receiver.received[0]?.body ?? '';
  };

  test('are a card with one button, which opens the console', async () => {
    const body = await post(announcement());
    const { attachments } = JSON.parse(body) as { attachments: [{ content: { body: unknown; actions: unknown } }] };
    expect(attachments[0].content.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open in the console', url: LINK },
    ]);
    expect(JSON.stringify(attachments[0].content.body)).toContain('an action went round the gate');
  });

  test('fit into a message, and hold no Markdown of somebody else', async () => {
    const body = await post(announcement({ notice: LONGEST }));
    expect(Buffer.byteLength(body)).toBeLessThan(CARD_BYTES);
    expect(body).not.toContain('[click](');
    expect(body).not.toContain('<at>');
  });
});

test('alarms by a webhook are signed events of their own type, with one id', async () => {
  await using receiver = await startReceiver();
  const options = {
    destinations: [{ name: 'ops', url: receiver.url, secret: async () => new Secret(SECRET) }],
    source: 'https://console.example.com',
  };
  const told = announcement();
  await createWebhookChannel(options, systemClock).announce(told, NEVER);
  const [received] = receiver.received;
  const headers: Received['headers'] = received?.headers ?? {};
  const body = received?.body ?? '';
  expect(headers['webhook-id']).toBe(told.id);
  expect(verifyWebhook(SECRET, { headers, body })).toMatchObject({
    specversion: '1.0',
    id: told.id,
    type: 'dev.sallyport.alarm.bypass',
    subject: 'Bypass',
    data: { notice: { alarm: 'Bypass', count: 1, examples: [expect.stringContaining('mallory')], link: LINK } },
  });
});
