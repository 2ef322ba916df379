import { randomUUID } from 'node:crypto';
import { blocksProblem, type Blocks, type ModalView, modalProblem } from './block-kit.ts';
import { addChannel, type Channel, findChannel, type Message, type Metadata, type Workspace } from './workspace.ts';

export type Answer = { readonly ok: true } & Record<string, unknown>;
export type Arguments = Readonly<Record<string, unknown>>;

/** What Slack answers in the place of a result, with HTTP status 200. */
export class SlackRefusalError extends Error {
  override readonly name = 'SlackRefusalError';
  readonly error: string;
  readonly detail: string | undefined;

  constructor(error: string, detail?: string) {
    super(error);
    this.error = error;
    this.detail = detail;
  }
}

export interface Method {
  readonly token: 'bot' | 'app';
  /** Scopes that the bot token needs, any of them. */
  readonly scopes: readonly string[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Calls a minute, by the tier of the method's page; `perChannel` is one a second to each channel. */
  readonly rate: number | 'perChannel';
  run(args: Arguments, workspace: Workspace, now: number): Answer;
}

const TIER_1 = 1;
const TIER_2 = 20;
const TIER_3 = 50;
const TIER_4 = 100;
/** docs.slack.dev/reference/methods/apps.connections.open says tier 1, which tolerates "a small amount of burst". */
const CONNECTIONS = 20 * TIER_1;
/** Text of a message is cut at 40,000; over 4,000 is discouraged and here refused. */
const TEXT_LIMIT = 4_000;
const TRIGGER_MS = 3_000;
const METADATA_LIMIT = 8_000;

const paging = ['cursor', 'limit'];
const messageOptions = ['text', 'blocks', 'metadata', 'parse', 'link_names'];

/** docs.slack.dev/reference/methods/NAME: the arguments that each one takes, of those that Sallyport calls. */
export const METHODS: Readonly<Record<string, Method>> = {
  'auth.test': {
    token: 'bot',
    scopes: [],
    required: [],
    optional: [],
    rate: 100 * TIER_4,
    run: (_, { team, botId, botUser }) => ({ ok: true, team_id: team, bot_id: botId, user_id: botUser }),
  },
  'apps.connections.open': {
    token: 'app',
    scopes: [],
    required: [],
    optional: [],
    rate: CONNECTIONS,
    run: () => ({ ok: true }),
  },
  'chat.postMessage': {
    token: 'bot',
    scopes: ['chat:write'],
    required: ['channel'],
    optional: [...messageOptions, 'thread_ts', 'mrkdwn', 'unfurl_links', 'unfurl_media', 'reply_broadcast'],
    rate: 'perChannel',
    run: post,
  },
  'chat.update': {
    token: 'bot',
    scopes: ['chat:write'],
    required: ['channel', 'ts'],
    optional: [...messageOptions, 'reply_broadcast'],
    rate: TIER_3,
    run: update,
  },
  'chat.postEphemeral': {
    token: 'bot',
    scopes: ['chat:write'],
    required: ['channel', 'user'],
    optional: ['text', 'blocks', 'thread_ts', 'parse', 'link_names'],
    rate: TIER_4,
    run: (args, workspace, now) => {
      const channel = writable(workspace, args, (id) => workspace.channels.get(id));
      if (!workspace.users.has(String(args.user))) throw new SlackRefusalError('user_not_in_channel');
      const { text, blocks } = contents(args);
      workspace.ephemerals.push({ channel: channel.id, user: String(args.user), text, blocks });
      return { ok: true, message_ts: nextTs(channel, now) };
    },
  },
  'conversations.open': {
    token: 'bot',
    scopes: ['im:write'],
    required: ['users'],
    optional: ['return_im', 'prevent_creation'],
    rate: TIER_3,
    run: ({ users }, workspace) => {
      const user = workspace.users.get(String(users));
      if (user === undefined) throw new SlackRefusalError('user_not_found');
      if (user.deleted === true) throw new SlackRefusalError('user_disabled');
      if (user.is_bot === true) throw new SlackRefusalError('cannot_dm_bot');
      const known = [...workspace.channels.values()].find((channel) => channel.user === user.id);
      const opened = known ?? addChannel(workspace, `D${user.id.slice(1)}`, 'directmessage', user.id);
      return { ok: true, channel: { id: opened.id } };
    },
  },
  'conversations.list': {
    token: 'bot',
    scopes: ['channels:read', 'groups:read'],
    required: [],
    optional: [...paging, 'types', 'exclude_archived', 'team_id'],
    rate: TIER_2,
    run: (args, { channels }) => {
      const all = [...channels.values()].filter((channel) => channel.user === undefined);
      const { page, cursor } = paged(all, args, 1_000);
      const listed = page.map(({ id, name, member }) => ({ id, name, is_member: member }));
      return { ok: true, channels: listed, response_metadata: { next_cursor: cursor } };
    },
  },
  'conversations.history': {
    token: 'bot',
    scopes: ['channels:history', 'groups:history', 'im:history'],
    required: ['channel'],
    optional: [...paging, 'oldest', 'latest', 'inclusive', 'include_all_metadata'],
    rate: TIER_3,
    run: (args, workspace) => listMessages(args, workspace, (message) => message.thread_ts === undefined),
  },
  'conversations.replies': {
    token: 'bot',
    scopes: ['channels:history', 'groups:history', 'im:history'],
    required: ['channel', 'ts'],
    optional: [...paging, 'oldest', 'latest', 'inclusive', 'include_all_metadata'],
    rate: TIER_3,
    run: (args, workspace) =>
      listMessages(args, workspace, (message) => message.ts === args.ts || message.thread_ts === args.ts),
  },
  'users.info': {
    token: 'bot',
    scopes: ['users:read'],
    required: ['user'],
    optional: ['include_locale'],
    rate: TIER_4,
    run: ({ user }, workspace) => {
      const found = workspace.users.get(String(user));
      if (found === undefined) throw new SlackRefusalError('user_not_found');
      return { ok: true, user: { deleted: false, is_bot: false, is_restricted: false, ...found } };
    },
  },
  'usergroups.list': {
    token: 'bot',
    scopes: ['usergroups:read'],
    required: [],
    optional: ['include_count', 'include_disabled', 'include_users', 'team_id'],
    rate: TIER_2,
    run: (_, { groups, team }) => ({
      ok: true,
      usergroups: groups.map(({ id, handle }) => ({ id, handle, team_id: team })),
    }),
  },
  'usergroups.users.list': {
    token: 'bot',
    scopes: ['usergroups:read'],
    required: ['usergroup'],
    optional: ['include_disabled', 'team_id'],
    rate: TIER_2,
    run: ({ usergroup }, { groups }) => {
      const group = groups.find(({ id }) => id === usergroup);
      if (group === undefined) throw new SlackRefusalError('no_such_subteam');
      return { ok: true, users: group.users };
    },
  },
  'views.open': {
    token: 'bot',
    scopes: [],
    required: ['trigger_id', 'view'],
    optional: [],
    rate: TIER_4,
    run: ({ trigger_id, view }, workspace, now) => {
      const trigger = workspace.triggers.get(String(trigger_id));
      if (trigger === undefined) throw new SlackRefusalError('invalid_trigger_id');
      if (trigger.expires === 0) throw new SlackRefusalError('exchanged_trigger_id');
      if (trigger.expires < now) throw new SlackRefusalError('expired_trigger_id');
      const problem = modalProblem(view);
      if (problem !== undefined) throw new SlackRefusalError('invalid_arguments', problem);
      workspace.triggers.set(String(trigger_id), { ...trigger, expires: 0 });
      const id = `V${randomUUID().slice(0, 8).toUpperCase()}`;
      workspace.views.set(id, { id, user: trigger.user, hash: `${now}.hash`, view: view as ModalView });
      return { ok: true, view: { id } };
    },
  },
};

/** A trigger of a click: `views.open` takes it once, within 3 s. */
export function issueTrigger(workspace: Workspace, user: string, now: number): string {
  const trigger = `${workspace.triggers.size + 1}.${workspace.team}.${now}`;
  workspace.triggers.set(trigger, { user, expires: now + TRIGGER_MS });
  return trigger;
}

function post(args: Arguments, workspace: Workspace, now: number): Answer {
  const channel = writable(workspace, args, (id) => findChannel(workspace, id));
  const { thread_ts } = args;
  const thread = typeof thread_ts === 'string' ? { thread_ts } : {};
  if (thread_ts !== undefined && !channel.messages.some(({ ts }) => ts === thread_ts))
    throw new SlackRefusalError('thread_not_found');
  const ts = nextTs(channel, now);
  const message = { ...contents(args), ...thread, ts, channel: channel.id, edits: 0, at: now };
  channel.messages.push(message);
  return { ok: true, channel: channel.id, ts, message: { ts, text: message.text } };
}

function update(args: Arguments, workspace: Workspace): Answer {
  // Of a name, or of a user, it knows nothing: only ids of conversations.
  const channel = writable(workspace, args, (id) => workspace.channels.get(id));
  const message = channel.messages.find(({ ts }) => ts === args.ts);
  if (message === undefined) throw new SlackRefusalError('message_not_found');
  Object.assign(message, contents(args), { edits: message.edits + 1 });
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text };
}

function writable(workspace: Workspace, args: Arguments, find: (id: string) => Channel | undefined): Channel {
  const channel = find(String(args.channel));
  if (channel === undefined) throw new SlackRefusalError('channel_not_found');
  if (channel.archived) throw new SlackRefusalError('is_archived');
  if (!channel.member) throw new SlackRefusalError('not_in_channel');
  return channel;
}

function contents(args: Arguments): Pick<Message, 'text' | 'blocks'> & { metadata?: Metadata } {
  const { text = '', blocks = [], metadata } = args;
  if (text === '' && (!Array.isArray(blocks) || blocks.length === 0)) throw new SlackRefusalError('no_text');
  if (typeof text !== 'string' || text.length > TEXT_LIMIT) throw new SlackRefusalError('msg_too_long');
  const problem = blocksProblem(blocks, 'message');
  if (problem !== undefined) throw new SlackRefusalError('invalid_blocks', problem);
  if (metadata === undefined) return { text, blocks: blocks as Blocks };
  if (JSON.stringify(metadata).length > METADATA_LIMIT) throw new SlackRefusalError('metadata_too_large');
  const { event_type, event_payload, ...rest } = metadata as Metadata & object;
  if (typeof event_type !== 'string' || typeof event_payload !== 'object' || Object.keys(rest).length > 0)
    throw new SlackRefusalError('invalid_metadata_format');
  return { text, blocks: blocks as Blocks, metadata: { event_type, event_payload } };
}

function listMessages(args: Arguments, workspace: Workspace, wanted: (message: Message) => boolean): Answer {
  const channel = workspace.channels.get(String(args.channel));
  if (channel === undefined) throw new SlackRefusalError('channel_not_found');
  if (!channel.member) throw new SlackRefusalError('not_in_channel');
  const oldest = Number(args.oldest ?? 0);
  const found = channel.messages.filter((message) => wanted(message) && Number(message.ts) > oldest).toReversed();
  const { page, cursor } = paged(found, args, 999);
  const bot = { type: 'message', user: workspace.botUser, bot_id: workspace.botId, app_id: workspace.app };
  const messages = page.map(({ ts, text, blocks, metadata, thread_ts }) => ({
    ...bot,
    ts,
    text,
    blocks,
    ...(thread_ts === undefined ? {} : { thread_ts }),
    ...(args.include_all_metadata === true && metadata !== undefined ? { metadata } : {}),
  }));
  return { ok: true, messages, has_more: cursor !== '', response_metadata: { next_cursor: cursor } };
}

function paged<T>(all: readonly T[], { cursor, limit = 100 }: Arguments, most: number) {
  const size = Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > most) throw new SlackRefusalError('invalid_limit');
  const from = cursor === undefined || cursor === '' ? 0 : Number(cursor);
  if (!Number.isInteger(from)) throw new SlackRefusalError('invalid_cursor');
  return { page: all.slice(from, from + size), cursor: from + size < all.length ? String(from + size) : '' };
}

/** Unique in its channel, and in order. */
function nextTs(channel: Channel, now: number): string {
  const last = Number(channel.messages.at(-1)?.ts.replace('.', '') ?? 0);
  const micros = Math.max(now * 1_000, last + 1);
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
}
