import { z } from 'zod';
import type { PeopleSource } from '../../ports/people.ts';
import { type Channel, type Delivery, DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { REQUESTER } from '../destination.ts';
import { slackIdsOfRequester } from '../requester-slack-ids.ts';
import { slackMessage } from './blocks.ts';
import type { Audience } from './blocks-actions.ts';
import { escapeMrkdwn, section } from './blocks-text.ts';
import { createConversations } from './conversations.ts';
import { EVENT_TYPE, findOwn } from './find-own.ts';
import { occasionLines } from './occasion-lines.ts';
import { formatPlace, parsePlace, type Place } from './place.ts';
import { type SlackApi, SlackRefusedError } from './web-api.ts';

export interface SlackChannelOptions {
  readonly api: SlackApi;
  readonly people: PeopleSource;
  /** Workspaces and enterprises whose members may be written to. */
  readonly teams: readonly string[];
  readonly intervalMs: number;
}

const posted = z.object({ channel: z.string(), ts: z.string() });
const done = z.object({});

/** Gone, or of another app: what stands there cannot be changed, and people would never see the news. */
const LOST: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message']);

/** Nothing that Slack may make of a text: mentions, links of names, previews of links. */
const AS_IT_IS = { parse: 'none', link_names: false } as const;
const NO_PREVIEWS = { unfurl_links: false, unfurl_media: false } as const;

/**
 * Tells by one message a request and destination, which is changed as the request changes, and by a thread under it that
 * holds what happened. A message of which nobody knows whether it arrived is looked for before it is posted again.
 */
export function createSlackChannel({ api, people, teams, intervalMs }: SlackChannelOptions): Channel {
  const conversations = createConversations(api);

  async function deliver(delivery: Delivery, signal: AbortSignal): Promise<{ readonly handle?: string }> {
    const { destination, request, notice, handle, uncertainSince, id } = delivery;
    const audience: Audience = destination === REQUESTER ? 'Requester' : 'Approvers';
    const uid = request.metadata.uid ?? '';
    const contents = {
      ...slackMessage(request, notice, audience),
      metadata: { event_type: EVENT_TYPE, event_payload: { uid } },
      ...AS_IT_IS,
    };
    const known = handle === undefined ? undefined : parsePlace(handle);
    const target = known?.channel ?? (await targetOf(delivery, signal));
    const earlier = known ?? (await lookFor(target, uid, uncertainSince, signal));
    if (earlier !== undefined && (await change(earlier, contents, signal))) {
      await tellInThread(earlier, delivery, id, signal);
      return { handle: formatPlace(earlier) };
    }
    const message = { channel: target, ...contents, ...NO_PREVIEWS };
    return { handle: formatPlace(await api.call('chat.postMessage', message, posted, signal)) };
  }

  async function lookFor(target: string, uid: string, since: number | undefined, signal: AbortSignal) {
    if (since === undefined) return undefined;
    const channel = await conversations.idOf(target, signal);
    return findOwn(api, channel, since, (payload) => payload.uid === uid, signal);
  }

  async function change({ channel, ts }: Place, contents: object, signal: AbortSignal): Promise<boolean> {
    try {
      await api.call('chat.update', { channel, ts, ...contents }, done, signal);
      return true;
    } catch (error) {
      if (error instanceof SlackRefusedError && LOST.has(error.slackError)) return false;
      throw error;
    }
  }

  async function tellInThread(place: Place, delivery: Delivery, id: string, signal: AbortSignal): Promise<void> {
    const lines = occasionLines(delivery);
    if (lines.length === 0) return;
    const { channel, ts } = place;
    const since = delivery.uncertainSince;
    const isThis = (payload: Readonly<Record<string, unknown>>) => payload.delivery === id;
    if (since !== undefined && (await findOwn(api, channel, since, isThis, signal, ts)) !== undefined) return;
    const text = lines.join('\n');
    const reply = {
      channel,
      thread_ts: ts,
      text: escapeMrkdwn(text),
      blocks: lines.map(section),
      metadata: { event_type: EVENT_TYPE, event_payload: { delivery: id } },
      ...AS_IT_IS,
      ...NO_PREVIEWS,
    };
    await api.call('chat.postMessage', reply, posted, signal);
  }

  async function targetOf({ destination, request }: Delivery, signal: AbortSignal): Promise<string> {
    if (destination !== REQUESTER) return destination;
    const map = people.now();
    if (map === undefined) throw new DeliveryDelayedError('the people map cannot be read now');
    const ids = slackIdsOfRequester(request, map).map((id) => id.split('/'));
    const user = ids.find(([team = '']) => teams.includes(team))?.[1];
    if (user === undefined)
      throw new DeliveryRefusedError(
        `the people map has no Slack id of ${request.spec.requester?.person ?? 'the requester'}`,
      );
    return conversations.withUser(user, signal);
  }

  return { kind: 'Slack', updates: true, intervalMs, deliver };
}
