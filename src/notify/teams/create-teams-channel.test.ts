import { describe, expect, it } from 'vitest';
import { delivery, hostileDelivery, LINK } from '../../../test/builders/delivery.ts';
import { startReceiver } from '../../../test/harness/receiver.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { CARD_BYTES, escapeMarkdown, teamsMessage } from './adaptive-card.ts';
import { createTeamsChannel } from './create-teams-channel.ts';

const NEVER = new AbortController().signal;
const to = (url: string) => createTeamsChannel([{ name: 'ops', url: async () => new Secret(url) }], 2_000);

describe('Teams', () => {
  it('is not told over plain http, and says nothing of the URL', async () => {
    const failed = await to('http://teams.example.com/hunter2').deliver(delivery(), NEVER).catch(String);
    expect(failed).toContain('holds one that is not https');
    expect(failed).not.toContain('hunter2');
  });

  it('gets a card with a link to the console and nothing else to press', async () => {
    await using receiver = await startReceiver();
    receiver.answers.push({ status: 202 });
    await to(receiver.url).deliver(delivery(), NEVER);
    const message = JSON.parse(receiver.received[0]?.body ?? '');
    expect(message).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
    const { content } = message.attachments[0];
    expect(content).toMatchObject({
      type: 'AdaptiveCard',
      version: '1.4',
      actions: [{ type: 'Action.OpenUrl', url: LINK }],
    });
    expect(content.body.map(({ text }: { text?: string }) => text)).toContain('alice wants to exec in prod/web\\-0');
  });

  it('shows what somebody wrote as text: no link, no mention, no emphasis', () => {
    const text = teamsMessage(hostileDelivery());
    expect(text).not.toContain('[click](https');
    expect(text).not.toContain('<at>');
    expect(text).not.toContain('**bold**');
    expect(escapeMarkdown('1. a_b* [x](y)')).toBe(String.raw`1\. a\_b\* \[x\]\(y\)`);
  });

  it('never gets more than its workflow takes, whatever was asked', () => {
    const wide = '\u4e2d'.repeat(2_000);
    const large = delivery(
      {},
      { action: { exec: { command: Array.from({ length: 100 }, () => wide) } }, spec: { reason: wide } },
    );
    const text = teamsMessage({
      ...large,
      notice: { ...large.notice, warnings: Array.from({ length: 20 }, () => wide), history: [] },
    });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(CARD_BYTES);
  });

  it.each([
    ['is refused by 404, for the workflow is gone', 404, DeliveryRefusedError],
    ['is delayed by 429', 429, DeliveryDelayedError],
    ['is delayed by 502', 502, DeliveryDelayedError],
  ])('%s', async (_, status, error) => {
    await using receiver = await startReceiver();
    receiver.answers.push({ status, headers: { 'retry-after': '3' } });
    const failed = await to(receiver.url)
      .deliver(delivery(), NEVER)
      .catch((reason: unknown) => reason);
    expect(failed).toBeInstanceOf(error);
    expect(String(failed)).not.toContain(receiver.url);
  });
});
