import { GROUP } from '../api/group.ts';
import type { Action } from '../api/kinds.ts';

/** Of the ValidatingAdmissionPolicy and its binding around what the gate stands on. */
export const FENCE_NAME = 'sallyport-fence';

/**
 * What is asked for where the fence is to be opened: CONNECT to `fences/open` of our group. Nobody serves it; it is a name
 * for requests, policies and RBAC, as `signers` is to `approve` in certificates.k8s.io.
 */
export const FENCE = { group: GROUP, resource: 'fences', subresource: 'open' } as const;

type Named = Pick<Action, 'operation' | 'group' | 'resource' | 'subresource' | 'name'>;

export function isFenceAction({ operation, group, resource, subresource, name }: Named): boolean {
  return (
    operation === 'CONNECT' &&
    group === FENCE.group &&
    resource === FENCE.resource &&
    subresource === FENCE.subresource &&
    name === FENCE_NAME
  );
}
