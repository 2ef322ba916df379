import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { AlarmNotice } from '../../core/evidence/alarm-notice.ts';
import type { Announcer } from '../channel.ts';
import { context, escapeMrkdwn, header, richText, section } from './blocks-text.ts';
import { createConversations } from './conversations.ts';
import { EVENT_TYPE, findOwn } from './find-own.ts';
import type { SlackApi } from './web-api.ts';

const posted = z.object({ channel: z.string(), ts: z.string() });

/** Posts alarms: one message for each, which nobody answers. One that may stand there already is looked for. */
export function createSlackAnnouncer(api: SlackApi): Announcer {
  const conversations = createConversations(api);
  return {
    kind: 'Slack',
    announce: async ({ destination, notice, uncertainSince, id }, signal) => {
      if (uncertainSince !== undefined) {
        const channel = await conversations.idOf(destination, signal);
        const isThis = (payload: Readonly<Record<string, unknown>>) => payload.alarms === id;
        if ((await findOwn(api, channel, uncertainSince, isThis, signal)) !== undefined) return;
      }
      const message = {
        channel: destination,
        text: escapeMrkdwn(notice.title),
        blocks: alarmBlocks(notice),
        metadata: { event_type: EVENT_TYPE, event_payload: { alarms: id } },
        parse: 'none',
        link_names: false,
        unfurl_links: false,
        unfurl_media: false,
      };
      await api.call('chat.postMessage', message, posted, signal);
    },
  };
}

function alarmBlocks({ title, examples, omitted, facts, link }: AlarmNotice): types.KnownBlock[] {
  return [
    header(title),
    ...examples.map(section),
    ...(omitted === undefined ? [] : [context([omitted])]),
    context(facts.map(({ label, text }) => `${label}: ${text}`)),
    ...(link === undefined ? [] : [richText([{ type: 'link', url: link, text: 'Look at the alarms in the console' }])]),
  ];
}
