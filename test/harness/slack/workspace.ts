import type { Blocks, ModalView } from './block-kit.ts';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly team_id: string;
  deleted?: boolean;
  is_bot?: boolean;
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  is_stranger?: boolean;
  enterprise_user?: { readonly enterprise_id: string };
}

export interface Message {
  readonly ts: string;
  readonly channel: string;
  text: string;
  blocks: Blocks;
  metadata?: Metadata;
  readonly thread_ts?: string;
  /** How often it was changed. */
  edits: number;
  /** When it was posted, in milliseconds. */
  readonly at: number;
}

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, unknown>>;
}

/** Seen by one user, and gone with the next reload. */
export interface Ephemeral {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: Blocks;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  /** Whether the app was invited. */
  member: boolean;
  archived: boolean;
  /** Of a direct message. */
  readonly user?: string;
  readonly messages: Message[];
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly users: string[];
}

export interface OpenView {
  readonly id: string;
  readonly user: string;
  readonly hash: string;
  readonly view: ModalView;
}

/** What one Slack workspace holds. A test reads and changes it as its people would. */
export interface Workspace {
  readonly team: string;
  readonly app: string;
  readonly botId: string;
  readonly botUser: string;
  readonly users: Map<string, User>;
  readonly channels: Map<string, Channel>;
  readonly groups: UserGroup[];
  readonly ephemerals: Ephemeral[];
  readonly views: Map<string, OpenView>;
  /** Of clicks, each to be used once within 3 s. */
  readonly triggers: Map<string, { readonly user: string; readonly expires: number }>;
}

export function createWorkspace(team: string): Workspace {
  return {
    team,
    app: 'A0SALLYPORT',
    botId: 'B0SALLYPORT',
    botUser: 'U0SALLYPORT',
    users: new Map(),
    channels: new Map(),
    groups: [],
    ephemerals: [],
    views: new Map(),
    triggers: new Map(),
  };
}

export function addUser(workspace: Workspace, user: Pick<User, 'id' | 'name'> & Partial<User>): User {
  const added = { team_id: workspace.team, ...user };
  workspace.users.set(added.id, added);
  return added;
}

export function addChannel(workspace: Workspace, id: string, name: string, user?: string): Channel {
  const channel: Channel = {
    id,
    name,
    member: true,
    archived: false,
    messages: [],
    ...(user === undefined ? {} : { user }),
  };
  workspace.channels.set(id, channel);
  return channel;
}

/** By id or, as chat.postMessage takes it, by name with or without `#`. */
export function findChannel(workspace: Workspace, idOrName: string): Channel | undefined {
  const name = idOrName.replace(/^#/, '');
  return workspace.channels.get(idOrName) ?? [...workspace.channels.values()].find((channel) => channel.name === name);
}
