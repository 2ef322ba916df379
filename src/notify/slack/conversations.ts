import { z } from 'zod';
import { type SlackApi, SlackRefusedError } from './web-api.ts';

const PAGE = 1_000;
/** Of 20,000 channels. Whoever has more names the channel by its id. */
const MOST_PAGES = 20;
/** Direct messages that are remembered: a conversation of two never changes. */
const MOST_USERS = 10_000;

const ID = /^[CDG][A-Z0-9]{6,30}$/;
const opened = z.object({ channel: z.object({ id: z.string() }) });
const listed = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string() })),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

export interface Conversations {
  /** Of `#prod-access`, `prod-access`, or an id, which is itself. */
  idOf(nameOrId: string, signal: AbortSignal): Promise<string>;
  /** The direct message between the app and a user. */
  withUser(user: string, signal: AbortSignal): Promise<string>;
}

export function createConversations(api: SlackApi): Conversations {
  const direct = new Map<string, string>();
  return {
    idOf: async (nameOrId, signal) => {
      if (ID.test(nameOrId)) return nameOrId;
      const name = nameOrId.replace(/^#/, '');
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const more: object = cursor === undefined || cursor === '' ? {} : { cursor };
        const args = { limit: PAGE, types: 'public_channel,private_channel', exclude_archived: true, ...more };
        const found = await api.call('conversations.list', args, listed, signal);
        const channel = found.channels.find((candidate) => candidate.name === name);
        if (channel !== undefined) return channel.id;
        cursor = found.response_metadata?.next_cursor;
        if (cursor === undefined || cursor === '') break;
      }
      throw new SlackRefusedError('conversations.list', 'channel_not_found');
    },
    withUser: async (user, signal) => {
      const known = direct.get(user);
      if (known !== undefined) return known;
      const { channel } = await api.call('conversations.open', { users: user }, opened, signal);
      if (direct.size >= MOST_USERS) direct.clear();
      direct.set(user, channel.id);
      return channel.id;
    },
  };
}
