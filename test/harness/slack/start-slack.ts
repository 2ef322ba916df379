import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { blockActions, viewSubmission } from './interaction-payloads.ts';
import { findButton } from './seen.ts';
import { deliverSigned, formBody } from './signed-delivery.ts';
import { type Acknowledged, createSocketMode, type SocketMode } from './socket-mode.ts';
import { createWebApi, type WebApi } from './web-api.ts';
import {
  addChannel,
  addUser,
  createWorkspace,
  type Ephemeral,
  findChannel,
  type Message,
  type OpenView,
  type User,
  type Workspace,
} from './workspace.ts';

export interface Click {
  readonly user: string;
  readonly message: Message;
  /** The label of the button, or its action id. */
  readonly action: string;
  /** What differs from what Slack would send. */
  readonly change?: (payload: Record<string, unknown>) => Record<string, unknown>;
  readonly retry?: number;
}

/** A Slack of one workspace. Everything that an app sees of it goes over the wire. */
export interface Slack extends AsyncDisposable {
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly workspace: Workspace;
  readonly api: WebApi;
  readonly socket: SocketMode;
  /** Where interactions are sent by HTTP; undefined for Socket Mode. */
  requestUrl: string | undefined;
  /** What stands in a channel, oldest first, without threads. */
  messages(channel: string): readonly Message[];
  thread(message: Message): readonly Message[];
  directMessages(user: string): readonly Message[];
  ephemerals(user: string): readonly Ephemeral[];
  /** The newest modal of a user. */
  viewOf(user: string): OpenView | undefined;
  /** The payload of a click, for those who want to send it themselves. */
  payload(click: Click): object;
  click(click: Click): Promise<Acknowledged>;
  /** @param values by block id; a modal that is submitted and not answered with errors is closed */
  submit(view: OpenView, values?: Readonly<Record<string, string>>, retry?: number): Promise<Acknowledged>;
  deliver(payload: object, retry?: number): Promise<Acknowledged>;
}

export interface SlackOptions {
  readonly now?: () => number;
  readonly scopes?: readonly string[];
  readonly team?: string;
}

const ALL_SCOPES = [
  'chat:write',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
  'im:history',
  'im:write',
  'users:read',
  'usergroups:read',
];

/** Starts it on a port of this machine, with a channel `prod-access`. */
export async function startSlack({
  now = Date.now,
  scopes = ALL_SCOPES,
  team = 'T0EXAMPLE',
}: SlackOptions = {}): Promise<Slack> {
  const workspace = createWorkspace(team);
  addUser(workspace, { id: workspace.botUser, name: 'sallyport', is_bot: true });
  addChannel(workspace, 'C0PRODACCESS', 'prod-access');
  const tokens = { bot: 'xoxb-of-the-bot', app: 'xapp-of-the-app' };
  const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';
  const server = createServer();
  const socket = createSocketMode(server, workspace.app, () => (server.address() as AddressInfo).port);
  const api = createWebApi({ workspace, tokens, scopes: new Set(scopes), now, openConnection: () => socket.open() });
  server.on('request', (request, response) => {
    api.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const payload = ({ user, message, action, change = (same) => same }: Click): object => {
    const found = findButton(message.blocks, action);
    if (found === undefined) throw new Error(`the message has no button ${action}`);
    return change({ ...blockActions(workspace, userOf(workspace, user), message, found.button, now()) });
  };
  const deliver = (body: object, retry?: number) => {
    const retried = retry === undefined ? {} : { retry };
    return slack.requestUrl === undefined
      ? socket.deliver(body, retried)
      : deliverSigned(slack.requestUrl, formBody(body), { secret: signingSecret, now: now(), ...retried });
  };
  const slack: Slack = {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    botToken: tokens.bot,
    appToken: tokens.app,
    signingSecret,
    workspace,
    api,
    socket,
    requestUrl: undefined,
    messages: (channel) =>
      (findChannel(workspace, channel)?.messages ?? []).filter(({ thread_ts }) => thread_ts === undefined),
    thread: ({ channel, ts }) =>
      (workspace.channels.get(channel)?.messages ?? []).filter(({ thread_ts }) => thread_ts === ts),
    directMessages: (user) =>
      [...workspace.channels.values()]
        .filter((channel) => channel.user === user)
        .flatMap(({ messages }) => messages.filter(({ thread_ts }) => thread_ts === undefined)),
    ephemerals: (user) => workspace.ephemerals.filter((ephemeral) => ephemeral.user === user),
    viewOf: (user) => [...workspace.views.values()].findLast((view) => view.user === user),
    payload,
    click: (click) => deliver(payload(click), click.retry),
    submit: async (view, values = {}, retry) => {
      const answer = await deliver(viewSubmission(workspace, userOf(workspace, view.user), view, values), retry);
      if (answer.acked && answer.payload === undefined) workspace.views.delete(view.id);
      return answer;
    },
    deliver,
    [Symbol.asyncDispose]: async () => {
      socket[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return slack;
}

function userOf(workspace: Workspace, id: string): User {
  const user = workspace.users.get(id);
  if (user === undefined) throw new Error(`the workspace has no user ${id}`);
  return user;
}
