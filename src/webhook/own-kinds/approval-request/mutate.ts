import type { ApprovalRequest, RequestSpec } from '../../../core/api/kinds.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import type { Seals } from '../../../core/approval/seal.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import { holds, type Identities } from '../identities.ts';
import { type StampPorts, stampWritten } from './stamp.ts';

/** Stamps a request that a person writes. One that an enforcement point opens is stamped already. */
export async function mutateApprovalRequest(
  attributes: Attributes,
  ports: StampPorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== undefined) return ALLOWED;
  if (holds(identities.openForOthers, attributes.user, identities)) return ALLOWED;
  const stamped = await stampWritten(attributes.object as unknown as ApprovalRequest, attributes, ports, signal);
  if (!stamped.ok) return forbidden(stamped.problem);
  const spec = sealedUnlessDryRun(stamped.spec, attributes, ports.settings.seals);
  return { allowed: true, patch: [{ op: 'replace', path: '/spec', value: spec }] };
}

/** What a dry run shows is no request: it must not be good for one later. */
function sealedUnlessDryRun(
  spec: RequestSpec,
  { dryRun, namespace }: Pick<Attributes, 'dryRun' | 'namespace'>,
  seals: Seals,
): RequestSpec {
  return dryRun ? spec : { ...spec, seal: seals.request(namespace ?? '', spec) };
}
