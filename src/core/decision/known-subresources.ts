/**
 * R33: the subresources of Kubernetes' own groups that this version of Sallyport has been held against, as
 * `resource.group/subresource` (the core group has none): the connects of pkg/registry/core, the virtual creates, and what
 * the steps round a policy are about. A new one may lead where a policy does not look.
 */
const KNOWN: ReadonlySet<string> = new Set([
  'namespaces/finalize',
  'nodes/proxy',
  'pods/attach',
  'pods/binding',
  'pods/ephemeralcontainers',
  'pods/eviction',
  'pods/exec',
  'pods/log',
  'pods/portforward',
  'pods/proxy',
  'pods/resize',
  'serviceaccounts/token',
  'services/proxy',
  'certificatesigningrequests.certificates.k8s.io/approval',
]);

/** Every kind may have these; a policy on `*\/scale` or a step round one looks at all of them. */
const EVERYWHERE: ReadonlySet<string> = new Set(['status', 'scale']);

/** Of what an API server serves, what this version does not know. */
export function unknownSubresources(served: readonly string[]): string[] {
  return served
    .filter((each) => !KNOWN.has(each) && !EVERYWHERE.has(each.slice(each.indexOf('/') + 1)))
    .toSorted()
    .filter((each, index, all) => each !== all[index - 1]);
}

/** Groups of Kubernetes itself, which add to what everybody has: `apps` and the like, and `….k8s.io`. */
export function isOwnGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}
