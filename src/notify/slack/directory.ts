import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { Clicker } from './interaction.ts';
import type { SlackApi } from './web-api.ts';

/** How long an account, or who is in a group, is believed: a deactivated user votes no longer than that. */
const FRESH_MS = 60_000;
const MOST_USERS = 5_000;
/** `voter.slackGroups` holds as many. */
const MOST_GROUPS = 64;

const info = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean().default(false),
    is_bot: z.boolean().default(false),
    is_workflow_bot: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
    enterprise_user: z.object({ enterprise_id: z.string() }).optional(),
  }),
});
type Account = z.infer<typeof info>['user'];

const groups = z.object({ usergroups: z.array(z.object({ id: z.string(), handle: z.string() })) });
const members = z.object({ users: z.array(z.string()) });

export type Membership =
  | { readonly kind: 'Member'; readonly team: string }
  | { readonly kind: 'Refused'; readonly message: string };

export interface Directory {
  /**
   * Whether somebody is a full member of a pinned workspace now.
   *
   * @throws {DeliveryDelayedError} @throws {SlackRefusedError} where Slack does not say: then nobody is
   */
  membershipOf(clicker: Clicker, signal: AbortSignal): Promise<Membership>;
  /** Those of these groups, by handle, that a user is in. @throws as above */
  groupsOf(user: string, handles: ReadonlySet<string>, signal: AbortSignal): Promise<string[]>;
}

/** What Slack knows of its users. `teams` are workspaces and enterprises whose members may vote. */
export function createDirectory(api: SlackApi, teams: readonly string[], clock: Pick<Clock, 'now'>): Directory {
  const accounts = remembering<Account>(clock);
  const handlesById = remembering<ReadonlyMap<string, string>>(clock);
  const membersOf = remembering<ReadonlySet<string>>(clock);
  const pinned = (team: string, enterprise?: string): boolean =>
    teams.includes(team) || (enterprise !== undefined && teams.includes(enterprise));

  return {
    membershipOf: async (clicker, signal) => {
      if (!pinned(clicker.team, clicker.enterprise)) return STRANGER;
      const account = await accounts.get(clicker.user, async () => {
        return (await api.call('users.info', { user: clicker.user }, info, signal)).user;
      });
      if (
        account.id !== clicker.user ||
        !pinned(account.team_id, account.enterprise_user?.enterprise_id) ||
        account.is_stranger
      )
        return STRANGER;
      if (account.deleted) return refused('your Slack account is deactivated');
      if (account.is_bot || account.is_workflow_bot) return refused('bots and workflows cannot vote');
      if (account.is_restricted || account.is_ultra_restricted) return refused('guests of the workspace cannot vote');
      return { kind: 'Member', team: account.team_id };
    },
    groupsOf: async (user, handles, signal) => {
      const known = await handlesById.get('all', async () => {
        const { usergroups } = await api.call('usergroups.list', { include_disabled: false }, groups, signal);
        return new Map(usergroups.map(({ id, handle }) => [handle, id]));
      });
      const found: string[] = [];
      for (const handle of [...handles].slice(0, MOST_GROUPS)) {
        const id = known.get(handle);
        if (id === undefined) continue;
        const users = await membersOf.get(id, async () => {
          return new Set((await api.call('usergroups.users.list', { usergroup: id }, members, signal)).users);
        });
        if (users.has(user)) found.push(handle);
      }
      return found;
    },
  };
}

const STRANGER: Membership = refused('only members of the workspaces that Sallyport is set up for can vote');

function refused(message: string): Membership {
  return { kind: 'Refused', message };
}

/** Keeps what was asked for a minute. A failure is not kept. */
function remembering<T>(clock: Pick<Clock, 'now'>) {
  const kept = new Map<string, { readonly value: T; readonly at: number }>();
  return {
    get: async (key: string, ask: () => Promise<T>): Promise<T> => {
      const known = kept.get(key);
      // Counted from before the question: an answer on its way may be old already.
      const at = clock.now();
      if (known !== undefined && at - known.at < FRESH_MS && at >= known.at) return known.value;
      const value = await ask();
      if (kept.size >= MOST_USERS) kept.clear();
      kept.set(key, { value, at });
      return value;
    },
  };
}
