import type { Attributes } from '../core/attributes/attributes.ts';
import { isFenceAction } from '../core/attributes/fence-action.ts';
import type { AccessReview } from '../ports/access-review.ts';

/**
 * R41: since Kubernetes 1.35 admission runs before the `create` check of exec, attach and port-forward; somebody without
 * the right must neither open requests nor burn grants. Writes are authorized before admission. The fence is nobody's to
 * serve, so that nobody else asks.
 */
export async function mayConnect(
  attributes: Attributes,
  accessReview: AccessReview,
  signal: AbortSignal,
): Promise<boolean> {
  const { operation, resource, subresource, namespace, name, user } = attributes;
  const toPod = resource === 'pods' && subresource !== 'proxy';
  if (operation !== 'CONNECT' || subresource === undefined || !(toPod || isFenceAction(attributes))) return true;
  return await accessReview.allowed(
    {
      user: { ...user, uid: user.uid ?? '' },
      verb: 'create',
      group: attributes.group,
      version: attributes.version,
      resource,
      subresource,
      namespace: namespace ?? '',
      name: name ?? '',
    },
    signal,
  );
}
