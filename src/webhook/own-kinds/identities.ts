/** Which usernames hold which of Sallyport's capabilities. RBAC alone gives nobody any of them. */
export interface Identities {
  /** Writes the status of requests and policies: the controller, and enforcement points for a use. */
  readonly writeStatus: ReadonlySet<string>;
  /** Opens requests whose requester is somebody else: the enforcement points. */
  readonly openForOthers: ReadonlySet<string>;
  /** Deletes requests and votes whose time is over. */
  readonly retention: ReadonlySet<string>;
}

/** Whose deletions follow from one that was judged before: a namespace's, or an owner's. */
const COLLECTORS: ReadonlySet<string> = new Set([
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:generic-garbage-collector',
]);

export function isCollector(username: string): boolean {
  return COLLECTORS.has(username);
}
