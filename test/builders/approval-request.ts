import { nobodyMapped } from './people.ts';
import { API_VERSION } from '../../src/core/api/group.ts';
import type { ApprovalRequest, Requester, RequestSpec, RequestStatus } from '../../src/core/api/kinds.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import { initialStages } from '../../src/core/approval/stages.ts';
import type { GatedAction } from '../../src/core/decision/gated-action.ts';
import { buildRequest } from '../../src/enforcement/build-request.ts';
import { policyTerms } from './approval-policy.ts';
import { TRUSTING } from './seals.ts';

export const CREATED_AT = Date.parse('2026-01-01T00:00:00Z');

const DIGEST = `sha256:${'d'.repeat(64)}`;

/** A request of alice's, just opened under policyTerms(). */
export function approvalRequest(spec: Partial<RequestSpec> = {}, status?: RequestStatus): ApprovalRequest {
  const requester: Requester = { username: 'alice', person: 'alice', class: 'Human' };
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalRequest',
    metadata: {
      name: 'exec-web-0-7f3c1a9e',
      namespace: 'prod',
      uid: 'request-uid',
      resourceVersion: '1',
      creationTimestamp: timestamp(CREATED_AT),
    },
    spec: {
      requester,
      action: { operation: 'CONNECT', group: '', version: 'v1', resource: 'pods', subresource: 'exec' },
      digest: DIGEST,
      fingerprint: `sha256:${'f'.repeat(64)}`,
      policies: [policyTerms()],
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** The request that the webhook opens for a gated action, as the API server stores it. */
export function requestFor(
  gated: GatedAction,
  status?: RequestStatus,
  uid = 'request-uid',
  seals = TRUSTING,
): ApprovalRequest {
  const built = buildRequest(gated, `request-${uid}`, { seals, people: nobodyMapped });
  return {
    ...built,
    metadata: { ...built.metadata, uid, resourceVersion: '1', creationTimestamp: timestamp(CREATED_AT) },
    ...(status === undefined ? {} : { status }),
  };
}

export function approvedStatus(gated: Pick<GatedAction, 'policies'>, until: number): RequestStatus {
  return {
    state: 'Approved',
    stages: initialStages(gated.policies).map((stage) => ({ ...stage, approved: stage.required })),
    expiresAt: timestamp(until),
  };
}

export function endedStatus(state: NonNullable<RequestStatus['state']>, at: number): RequestStatus {
  return { state, endedAt: timestamp(at), expiresAt: timestamp(at) };
}

/** As a snapshot has them: the requests of a requester for a scope. */
export function scopesOf(requests: readonly ApprovalRequest[], username: string): readonly ApprovalRequest[] {
  return requests.filter(({ spec }) => spec.action.binding === 'Scope' && spec.requester?.username === username);
}
