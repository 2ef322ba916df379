import type { Attributes } from '../core/attributes/attributes.ts';
import type { AccessReview } from '../ports/access-review.ts';
import { mayConnect } from './may-connect.ts';

/**
 * R41, for what nobody has tried yet: whether the requester may do at all what they write down. The API server authorizes
 * an action before admission sees it, but of a hand-written request only the right to write requests; without this question
 * anybody could have approvers asked for deeds of which RBAC thinks otherwise.
 */
export async function mayAsk(
  attributes: Attributes,
  accessReview: AccessReview,
  signal: AbortSignal,
): Promise<boolean> {
  const verbs = verbsOf(attributes);
  if (verbs.length === 0) return await mayConnect(attributes, accessReview, signal);
  const { user, group, version, resource, subresource = '', namespace = '', operation } = attributes;
  // Who creates an object is authorized before it has a name.
  const name = operation === 'CREATE' && subresource === '' ? '' : (attributes.name ?? '');
  const question = { user: { ...user, uid: user.uid ?? '' }, group, version, resource, subresource, namespace, name };
  for (const verb of verbs) if (await accessReview.allowed({ ...question, verb }, signal)) return true;
  return false;
}

/** Any of them will do. None: that of the streams is asked elsewhere. */
function verbsOf({ operation, subresource }: Attributes): readonly string[] {
  switch (operation) {
    case 'CREATE':
      return ['create'];
    case 'UPDATE':
      return ['update', 'patch'];
    case 'DELETE':
      return ['delete'];
    case 'CONNECT':
      // The verb is that of the HTTP method, of which a request for a proxy says nothing.
      return subresource === 'proxy' ? ['create', 'get'] : [];
  }
}
