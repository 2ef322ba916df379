import type { ApprovalRequest } from '../../../core/api/kinds.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import type { Identities } from '../identities.ts';
import { type StampPorts, stampWritten } from './stamp.ts';

/** Stamps a request that a person writes. One that an enforcement point opens is stamped already. */
export async function mutateApprovalRequest(
  attributes: Attributes,
  ports: StampPorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== undefined) return ALLOWED;
  if (identities.openForOthers.has(attributes.user.username)) return ALLOWED;
  const stamped = await stampWritten(attributes.object as unknown as ApprovalRequest, attributes, ports, signal);
  if (!stamped.ok) return forbidden(stamped.problem);
  return { allowed: true, patch: [{ op: 'replace', path: '/spec', value: stamped.spec }] };
}
