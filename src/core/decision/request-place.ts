import { isNamespace } from '../attributes/is-namespace.ts';
import type { Action } from '../api/kinds.ts';
import { sha256 } from '../api/sha256.ts';
import { type JsonObject, stringAt } from '../attributes/json.ts';

/** R13: the target's own namespace; for cluster-scoped targets, namespaces themselves and terminating ones the system's. */
export function requestNamespace(
  action: Action,
  namespaceObject: JsonObject | null | undefined,
  systemNamespace: string,
): string {
  if (action.namespace === undefined || isNamespace(action)) return systemNamespace;
  const terminating = stringAt(namespaceObject ?? undefined, 'metadata', 'deletionTimestamp') !== undefined;
  return terminating ? systemNamespace : action.namespace;
}

/** The longest name that leaves room in a vote's name: a DNS subdomain has 253 characters (RFC 1123). */
const PREFIX_LENGTH = 60;

/**
 * R13: `exec-web-0-7f3c1a9e`: readable, and the same for every replica until a request of this fingerprint has ended.
 *
 * @param after the uid of the last ended request, or of a foreign object that has the name already
 */
export function requestName(action: Action, fingerprint: string, after: string | undefined): string {
  return `${requestPrefix(action)}-${sha256([fingerprint, after ?? '']).slice('sha256:'.length, 'sha256:'.length + 8)}`;
}

/** `exec-web-0`: what a request's name begins with. */
export function requestPrefix(action: Action): string {
  const verb = action.operation === 'CONNECT' ? (action.subresource ?? 'connect') : action.operation.toLowerCase();
  const words = [verb, action.operation === 'CONNECT' ? undefined : action.resource, action.name];
  return words
    .filter((word) => word !== undefined)
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, PREFIX_LENGTH)
    .replace(/-+$/, '');
}
