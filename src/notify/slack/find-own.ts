import { z } from 'zod';
import type { Place } from './place.ts';
import type { SlackApi } from './web-api.ts';

/** Of the metadata by which a message of ours is known again (docs.slack.dev/messaging/message-metadata). */
export const EVENT_TYPE = 'sallyport_request';

/** Two thousand messages since the attempt: more, and the channel is no place to find anything. */
const PAGE = 200;
const MOST_PAGES = 10;
/** What two clocks, ours and Slack's, may differ. */
const SKEW_MS = 120_000;

const messages = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      bot_id: z.string().optional(),
      metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});
const self = z.object({ bot_id: z.string() });

/**
 * A message of our own since `since` (milliseconds): in the channel, or in the thread under `thread`. Messages of others
 * with the same metadata are not ours: they could not be changed, and would keep ours from being posted.
 */
export async function findOwn(
  api: SlackApi,
  channel: string,
  since: number,
  isIt: (payload: Readonly<Record<string, unknown>>) => boolean,
  signal: AbortSignal,
  thread?: string,
): Promise<Place | undefined> {
  const { bot_id } = await api.call('auth.test', {}, self, signal);
  const [method, where] =
    thread === undefined ? ['conversations.history', { channel }] : ['conversations.replies', { channel, ts: thread }];
  const oldest = String(Math.max(0, Math.floor((since - SKEW_MS) / 1_000)));
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const more: object = cursor === undefined ? {} : { cursor };
    const args = { ...where, oldest, limit: PAGE, include_all_metadata: true, ...more };
    const found = await api.call(method, args, messages, signal);
    const own = found.messages.find(
      (message) =>
        message.bot_id === bot_id &&
        message.metadata?.event_type === EVENT_TYPE &&
        isIt(message.metadata.event_payload),
    );
    if (own !== undefined) return { channel, ts: own.ts };
    cursor = found.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return undefined;
  }
  return undefined;
}
