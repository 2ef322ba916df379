import { type Channel, DeliveryDelayedError } from '../../notify/channel.ts';
import type { Slack } from '../../notify/slack/create-slack.ts';
import type { Process } from '../process.ts';
import { openSlack } from './notify-slack.ts';
import { whenReadable } from './when-readable.ts';

/** Slack from the start, though its secrets may come later: their absence must not take the gate down. */
export function slackWhenReady(
  process: Process,
): { readonly channel: Channel; run(signal: AbortSignal): Promise<void> } | undefined {
  const { slack } = process.config.notify;
  if (slack === undefined) return undefined;
  let opened: Slack | undefined;
  return {
    channel: {
      kind: 'Slack',
      updates: true,
      intervalMs: slack.intervalSeconds * 1000,
      deliver: async (delivery, signal) => {
        if (opened === undefined) throw new DeliveryDelayedError('the secrets of Slack cannot be read');
        return await opened.channel.deliver(delivery, signal);
      },
    },
    run: async (signal) => {
      opened = await whenReadable('the secrets of Slack', () => openSlack(process), process, signal);
      await opened?.listener.run(signal);
    },
  };
}
