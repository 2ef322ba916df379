import type { UserInfo } from '../../core/api/kinds.ts';
import { hasCredentialId } from '../../core/attributes/credential-id.ts';
import { COLLECTOR_USERNAMES, PEOPLES_GROUP } from '../../core/decision/requester-class.ts';

/** Which usernames hold which of Sallyport's capabilities. RBAC alone gives nobody any of them. */
export interface Identities {
  /** Writes the status of requests and policies: the controller, and enforcement points for a use. */
  readonly writeStatus: ReadonlySet<string>;
  /** Opens requests whose requester is somebody else: the enforcement points. */
  readonly openForOthers: ReadonlySet<string>;
  /** Deletes requests and votes whose time is over. */
  readonly retention: ReadonlySet<string>;
  /** R22: votes for others, by channel. None of them passes the gate by that. */
  readonly voteOnBehalf: { readonly slack: ReadonlySet<string>; readonly console: ReadonlySet<string> };
  /** R23: whether a user without a credential id is impersonated by somebody else. */
  readonly impersonationShows?: boolean;
}

/**
 * Whether the user is one of these, and is not impersonated: whoever may impersonate chooses the name. Where that does not
 * show, a member of system:masters is none of ours.
 */
export function holds(
  usernames: { has(username: string): boolean },
  user: UserInfo,
  { impersonationShows }: Pick<Identities, 'impersonationShows'>,
): boolean {
  return (
    usernames.has(user.username) &&
    (impersonationShows === true ? hasCredentialId(user) : !user.groups.includes(PEOPLES_GROUP))
  );
}

const COLLECTORS: ReadonlySet<string> = new Set(COLLECTOR_USERNAMES);

/** The namespace controller and the garbage collector. */
export function isCollector(user: UserInfo, identities: Pick<Identities, 'impersonationShows'>): boolean {
  return holds(COLLECTORS, user, identities);
}
