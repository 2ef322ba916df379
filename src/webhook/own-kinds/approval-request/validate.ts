import type { ApprovalRequest } from '../../../core/api/kinds.ts';
import { stateOf } from '../../../core/approval/approval-state.ts';
import { reasonProblem } from '../../../core/approval/reason.ts';
import type { Seals } from '../../../core/approval/seal.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { isWhole } from '../../../core/attributes/bound-action.ts';
import { digestOf, fingerprintOf } from '../../../core/attributes/digest.ts';
import { answerOfEnded } from '../../../core/decision/decide.ts';
import { renderDenial } from '../../../core/decision/denial.ts';
import { lookup } from '../../../core/decision/lookup.ts';
import { tooManyRequests } from '../../../core/decision/request-limits.ts';
import { isFresh } from '../../../core/decision/snapshot.ts';
import { asksForTheSame } from '../../../core/decision/written-refusals.ts';
import { requestReference } from '../../../enforcement/denied.ts';
import type { Clock } from '../../../ports/clock.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import { holds, type Identities, isCollector } from '../identities.ts';
import { metadataProblem } from '../metadata.ts';
import { type StampPorts, same, stampWritten } from './stamp.ts';

export interface ValidatePorts extends StampPorts {
  readonly clock: Clock;
}

const STATUS_IS_OURS =
  'the status of an ApprovalRequest is written by Sallyport alone; vote with kubectl sallyport approve or deny';

/** R12, R15, R20, R24, R32: who may write which part of a request. Neither RBAC nor cluster-admin changes that. */
export async function validateApprovalRequest(
  attributes: Attributes,
  ports: ValidatePorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  const { user } = attributes;
  if (attributes.subresource === 'status') {
    if (!holds(identities.writeStatus, user, identities)) return forbidden(STATUS_IS_OURS);
    const { metadata, status } = attributes.object as unknown as ApprovalRequest;
    return status !== undefined && ports.settings.seals.isStatus({ metadata, status })
      ? ALLOWED
      : forbidden('the status does not bear our seal');
  }
  switch (attributes.operation) {
    case 'DELETE':
      return holds(identities.retention, user, identities) || isCollector(user, identities)
        ? ALLOWED
        : forbidden(
            'an ApprovalRequest is evidence and is not deleted by hand; cancel it with kubectl sallyport cancel',
          );
    case 'UPDATE':
      return validateUpdate(attributes, identities);
    case 'CREATE':
      return holds(identities.openForOthers, user, identities)
        ? validateOpened(attributes, ports.settings.seals)
        : await validateWritten(attributes, ports, signal);
    case 'CONNECT':
      return forbidden('there is nothing to connect to');
  }
}

/** What an enforcement point opens is whole and agrees with itself. */
function validateOpened(attributes: Attributes, seals: Seals): ReviewAnswer {
  const { spec } = attributes.object as unknown as ApprovalRequest;
  const { requester, digest, fingerprint, policies } = spec;
  if (requester === undefined || digest === undefined || (policies ?? []).length === 0)
    return forbidden('the request is not stamped');
  if (isWhole(spec.action) && digestOf(spec.action) !== digest)
    return forbidden('the digest is not that of the action');
  if (fingerprintOf(requester, digest) !== fingerprint)
    return forbidden('the fingerprint is not that of requester and digest');
  // A token of ours is not enough: it can be minted by whoever may create tokens.
  if (!seals.isRequest(attributes.namespace ?? '', spec)) return forbidden('the request does not bear our seal');
  return ALLOWED;
}

async function validateWritten(
  attributes: Attributes,
  ports: ValidatePorts,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  const request = attributes.object as unknown as ApprovalRequest;
  const snapshot = ports.snapshot();
  if (!isFresh(snapshot, ports.clock.now()))
    return forbidden('Sallyport is not in step with the API server; try again in a moment');
  const metadata = metadataProblem(attributes.object, null);
  if (metadata !== undefined) return forbidden(metadata);
  const { seal, ...spec } = request.spec;
  const stamped = await stampWritten({ ...request, spec }, attributes, ports, signal);
  if (!stamped.ok) return forbidden(stamped.problem);
  const isSealed = attributes.dryRun
    ? seal === undefined
    : ports.settings.seals.isRequest(attributes.namespace ?? '', request.spec);
  if (!isSealed || !same(stamped.spec, spec)) return forbidden('the request is not stamped as it should be; try again');
  const found = lookup(stamped.gated, snapshot, ports.settings);
  const open = found.pending ?? found.approved;
  if (open !== undefined) return forbidden(asksForTheSame(requestReference(open), stateOf(open)));
  const answer =
    found.settled === undefined ? undefined : answerOfEnded(found.settled, stamped.gated, ports.clock.now());
  if (answer?.verdict === 'Deny' && answer.reason !== 'AlreadyUsed') return forbidden(answer.message);
  const tooMany = tooManyRequests(snapshot, attributes.user.username, ports.settings, ports.clock.now());
  if (tooMany === undefined) return ALLOWED;
  return forbidden(renderDenial(tooMany, { code: 'TooManyRequests', retry: true }));
}

/** The spec never changes, but its requester may give a reason once, while it is Pending. */
function validateUpdate(attributes: Attributes, identities: Identities): ReviewAnswer {
  const before = attributes.oldObject as unknown as ApprovalRequest;
  const after = attributes.object as unknown as ApprovalRequest;
  const unchanged = same(before.spec, after.spec);
  // A deletion in the foreground ends with the collector taking its finalizer off.
  const isDeleted = before.metadata.deletionTimestamp !== undefined;
  if (unchanged && isDeleted && isCollector(attributes.user, identities)) return ALLOWED;
  const metadata = metadataProblem(attributes.object, attributes.oldObject);
  if (metadata !== undefined) return forbidden(metadata);
  if (unchanged) return ALLOWED;
  const { reason, ...rest } = after.spec;
  const { reason: given, ...old } = before.spec;
  if (!same(rest, old)) return forbidden('a request is never changed; only its reason may be filled in, once');
  if (given !== undefined) return forbidden('the reason may be filled in once, not changed');
  if (stateOf(before) !== 'Pending') return forbidden('the reason may be filled in only while the request is Pending');
  const isRequester = before.spec.requester?.username === attributes.user.username;
  if (!isRequester) return forbidden('only its requester may give the reason of a request');
  // It may be given once: one that does not do would leave the request without any way on.
  const problem = reasonProblem(before.spec.policies ?? [], reason);
  return problem === undefined ? ALLOWED : forbidden(problem);
}
