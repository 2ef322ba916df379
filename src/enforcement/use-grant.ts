import type { ApprovalRequest } from '../core/api/kinds.ts';
import { approvalState, type Refusal } from '../core/approval/approval-state.ts';
import { grantOf } from '../core/approval/grant.ts';
import { transition } from '../core/approval/transition.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { CREDENTIAL_ID } from '../core/attributes/credential-id.ts';
import { stringAt } from '../core/attributes/json.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import { isFor, satisfies } from '../core/decision/lookup.ts';
import { ConflictError } from '../ports/approvals.ts';
import { type Call, isTooLate } from './call.ts';
import { isConfirmed } from './confirm-approval.ts';
import { denied, factsOf } from './denied.ts';
import type { DenialCode, Outcome } from './outcome.ts';
import type { EnforcementPorts } from './ports.ts';

/**
 * Status writes of the controller, and of those who tell up to 64 destinations that it was approved, two for each, may come
 * between. Whoever lost to another's use is refused when they read the request again.
 */
const ATTEMPTS = 4 + 2 * 64;

/**
 * Each race that is lost in a window is another's use of it: after this many it has none left. How long it may take is
 * bounded by the call's deadline.
 */
function attemptsFor({ spec }: ApprovalRequest): number {
  const grant = grantOf(spec.policies ?? [], spec.duration);
  return grant.type === 'Window' ? ATTEMPTS + grant.maxUses : ATTEMPTS;
}

export interface Grant {
  readonly gated: GatedAction;
  readonly request: ApprovalRequest;
}

/**
 * R2, R40: an allow is one resourceVersion-checked write before the answer. Of any number of parallel uses one wins; the
 * others read the request again, and find it used or, in a window, try for its next use.
 */
export async function useGrant(
  grant: Grant,
  attributes: Attributes,
  ports: EnforcementPorts,
  call: Call,
): Promise<Outcome> {
  const { gated } = grant;
  let request = grant.request;
  const attempts = attemptsFor(request);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (!(await isConfirmed(request, ports, call.signal)))
      return denied(call.id, 'NotConfirmed', 'the votes on the request do not approve it', { gated, request });
    if (isTooLate(call, ports.clock))
      return denied(call.id, 'TooLate', 'there was not enough time left to use the approval', { gated, request });
    const credential = attributes.user.extra[CREDENTIAL_ID]?.[0]?.slice(0, 1024);
    const targetUID = stringAt(attributes.oldObject ?? attributes.object, 'metadata', 'uid') ?? attributes.pod?.uid;
    const result = transition(
      approvalState(request),
      {
        type: 'Use',
        use: {
          decision: call.id,
          username: attributes.user.username,
          repeatable: gated.repeatable,
          digest: gated.digest,
          ...(request.spec.action.binding === 'Scope' ? { summary: gated.summary.action } : {}),
          ...(credential === undefined ? {} : { credential }),
          ...(targetUID === undefined ? {} : { targetUID }),
          ...(gated.ignored === undefined ? {} : { ignored: gated.ignored }),
        },
      },
      ports.clock.now(),
    );
    if (!result.ok) return denied(call.id, refusalCode(result.refusal), result.message, { gated, request });
    try {
      const used = await ports.approvals.writeStatus(request, result.status, call.signal);
      return {
        kind: 'Allowed',
        id: call.id,
        code: result.status.uses?.length === request.status?.uses?.length ? 'Reviewed' : 'Approved',
        facts: factsOf({ gated, request: used }),
        warnings: [],
      };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
    const stored = await ports.approvals.get(
      request.metadata.namespace ?? '',
      request.metadata.name ?? '',
      call.signal,
    );
    const same = stored?.metadata.uid === request.metadata.uid;
    if (stored === undefined || !same || !isFor(stored, gated, ports.settings) || !satisfies(stored, gated.policies))
      break;
    request = stored;
  }
  return denied(call.id, 'Conflict', 'the request changed meanwhile; try again', { gated, request });
}

function refusalCode(refusal: Refusal): DenialCode {
  switch (refusal) {
    case 'AlreadyUsed':
      return 'AlreadyUsed';
    case 'Expired':
      return 'Expired';
    default:
      return 'Conflict';
  }
}
