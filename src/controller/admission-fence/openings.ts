import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, RequestStatus, UserInfo } from '../../core/api/kinds.ts';
import { approvalState, expiryOf, stateOf } from '../../core/approval/approval-state.ts';
import { isBreakGlass } from '../../core/approval/break-glass.ts';
import { recount } from '../../core/approval/recount.ts';
import type { Seals } from '../../core/approval/seal.ts';
import { transition } from '../../core/approval/transition.ts';
import { CREDENTIAL_ID, hasCredentialId } from '../../core/attributes/credential-id.ts';
import { isFenceAction } from '../../core/attributes/fence-action.ts';
import { attributesOfWritten } from '../../core/attributes/written-action.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import { gateReviewed } from '../../core/decision/gate.ts';
import { createPolicyIndex } from '../../core/decision/match/policy-index.ts';
import { isFor, satisfies } from '../../core/decision/lookup.ts';
import { isFresh } from '../../core/decision/snapshot.ts';
import type { Watched } from '../../ports/watched.ts';

export interface OpeningPorts {
  readonly policies: Watched<ApprovalPolicy>;
  readonly requests: Watched<ApprovalRequest>;
  readonly votes: Pick<Watched<ApprovalVote>, 'freshAt'>;
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly compile: PolicyCompiler;
  readonly seals: Seals;
  readonly systemNamespace: string;
}

/** What an approved request to open the fence comes to. */
export type Opening =
  /** Its time runs from a use, which is written before anything is opened (R2). */
  | { readonly kind: 'Unused'; readonly request: ApprovalRequest; readonly status: RequestStatus }
  | {
      readonly kind: 'Open';
      readonly request: ApprovalRequest;
      readonly username: string;
      readonly credential: boolean;
      /** Milliseconds since the epoch. */
      readonly until: number;
    };

/** More than this at once are not asked for by an upgrade; the condition in the fence has a limit too. */
const OPENINGS_LIMIT = 16;

/** R1, R2, R15, R30: the approved requests under which the fence stands open at `now`. None while memory is stale. */
export function openings(ports: OpeningPorts, now: number): Opening[] {
  const { policies, requests, votes } = ports;
  const freshAt = Math.min(policies.freshAt(), requests.freshAt(), votes.freshAt());
  if (!isFresh({ freshAt }, now)) return [];
  return requests
    .list()
    .filter((request) => isFenceAction(request.spec.action) && stateOf(request) === 'Approved')
    .slice(0, OPENINGS_LIMIT)
    .flatMap((request) => openingOf(request, ports, now) ?? []);
}

function openingOf(request: ApprovalRequest, ports: OpeningPorts, now: number): Opening | undefined {
  const user = userOf(request);
  const until = expiryOf(request.status);
  if (user === undefined || !(now < until) || !isSatisfied(request, user, ports, now)) return undefined;
  const counted = recount(request, ports.votesOf(request.metadata.uid ?? ''), ports.seals);
  if (stateOf({ status: counted }) !== 'Approved' || isBreakGlass(counted)) return undefined;
  if ((request.status?.uses ?? []).length > 0) {
    return { kind: 'Open', request, username: user.username, credential: hasCredentialId(user), until };
  }
  const decision = `fence-${request.metadata.uid ?? ''}`;
  const credential = user.extra[CREDENTIAL_ID]?.[0]?.slice(0, 1024);
  const used = transition(
    approvalState(request),
    {
      type: 'Use',
      use: {
        decision,
        username: user.username,
        repeatable: false,
        ...(credential === undefined ? {} : { credential }),
      },
    },
    now,
  );
  return used.ok ? { kind: 'Unused', request, status: used.status } : undefined;
}

/** R30: its own seal and digest, and every policy that asks for it now. */
function isSatisfied(request: ApprovalRequest, user: UserInfo, ports: OpeningPorts, now: number): boolean {
  const { policies, compile, seals, systemNamespace } = ports;
  const snapshot = {
    freshAt: now,
    policies: createPolicyIndex(policies.list().map(compile)),
    namespace: () => undefined,
    requests: () => [],
    scopes: () => [],
    cancelled: () => 0,
    pending: () => ({ ofRequester: 0, inAll: 0 }),
  };
  const attributes = attributesOfWritten(request.spec.action, user, undefined);
  // No Secret is part of it: what the values of one would become does not matter.
  const settings = { systemNamespace, hmac: (value: string) => value };
  const gated = gateReviewed(attributes, snapshot, settings, request.spec.requester?.class ?? 'Human');
  return (
    gated.kind === 'Gated' &&
    isFor(request, gated.gated, { systemNamespace, seals }) &&
    satisfies(request, gated.gated.policies)
  );
}

function userOf({ spec: { requester } }: ApprovalRequest): UserInfo | undefined {
  if (requester === undefined) return undefined;
  const { username, uid, groups = [], extra = {} } = requester;
  return { username, ...(uid === undefined ? {} : { uid }), groups, extra };
}
