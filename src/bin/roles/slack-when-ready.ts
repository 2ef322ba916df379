import { type Channel, DeliveryDelayedError } from '../../notify/channel.ts';
import type { Slack } from '../../notify/slack/create-slack.ts';
import type { Process } from '../process.ts';
import { openSlack } from './notify-slack.ts';

/** Between two looks for its secrets. */
const RETRY_MS = 10_000;

/** Slack from the start, though its secrets may come later: their absence must not take the gate down. */
export function slackWhenReady(
  process: Process,
): { readonly channel: Channel; run(signal: AbortSignal): Promise<void> } | undefined {
  const { config, clock, log } = process;
  const { slack } = config.notify;
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
      while (!signal.aborted) {
        try {
          opened = await openSlack(process);
        } catch (error) {
          log.error({ err: error instanceof Error ? error.message : 'unknown' }, 'the secrets of Slack cannot be read');
          await clock.sleep(RETRY_MS, signal).catch(() => undefined);
          continue;
        }
        await opened?.listener.run(signal);
        return;
      }
    },
  };
}
