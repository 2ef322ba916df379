import { GROUP } from '../core/api/group.ts';
import { usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';

export interface RequestReference {
  readonly namespace: string;
  readonly name: string;
}

/** As `-o name` prints it. No namespace has a dot, so that it cannot be one. */
const TYPE_PREFIX = `approvalrequest.${GROUP}/`;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * `NAME`, `NAMESPACE/NAME` as a denial prints it, or what `list -o name` prints.
 *
 * @throws CliError (usage)
 */
export function requestReference(
  text: string,
  context: Pick<VerbContext, 'namespace' | 'namespaceGiven'>,
): RequestReference {
  const rest = text.startsWith(TYPE_PREFIX) ? text.slice(TYPE_PREFIX.length) : text;
  const slash = rest.indexOf('/');
  const namespace = slash === -1 ? context.namespace : rest.slice(0, slash);
  const name = rest.slice(slash + 1);
  checkNamespace(namespace);
  if (!SUBDOMAIN.test(name)) throw usageError(`"${text}" is not the name of an approval request`);
  if (slash !== -1 && context.namespaceGiven && namespace !== context.namespace) {
    throw usageError(`the request is in namespace ${namespace}, but -n says ${context.namespace}`);
  }
  return { namespace, name };
}

/** @throws CliError (usage) where nothing can have that name (RFC 1123): the API server would find nothing there */
export function checkNamespace(namespace: string): void {
  if (!LABEL.test(namespace)) throw usageError(`"${namespace}" is not the name of a namespace`);
}
