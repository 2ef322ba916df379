import { COLLECTOR_USERNAMES } from '../../core/decision/requester-class.ts';

/** Which usernames hold which of Sallyport's capabilities. RBAC alone gives nobody any of them. */
export interface Identities {
  /** Writes the status of requests and policies: the controller, and enforcement points for a use. */
  readonly writeStatus: ReadonlySet<string>;
  /** Opens requests whose requester is somebody else: the enforcement points. */
  readonly openForOthers: ReadonlySet<string>;
  /** Deletes requests and votes whose time is over. */
  readonly retention: ReadonlySet<string>;
  /** R23: whether who votes without a credential id is impersonated by somebody else. */
  readonly impersonationShows?: boolean;
}

/** The namespace controller and the garbage collector. */
export function isCollector(username: string): boolean {
  return COLLECTOR_USERNAMES.includes(username);
}
