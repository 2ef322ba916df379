import type { ApprovalRequest, ApprovalVote, VoteDecision, Voter } from '../../src/core/api/kinds.ts';
import { voteName } from '../../src/core/approval/act.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import { CREATED_AT } from './approval-request.ts';

/** Votes of as many persons as every stage asks for. */
export function votesThatApprove(request: ApprovalRequest): ApprovalVote[] {
  const stages = (request.spec.policies ?? []).flatMap(({ terms }) => terms.stages);
  return stages.flatMap(({ name, required, approvers: [approver] }) =>
    Array.from({ length: required }, (_, index) =>
      approvalVote(
        request,
        'Approve',
        approver?.kind === 'User'
          ? { username: approver.name }
          : { username: `${name}-${index}`, groups: [approver?.name ?? ''] },
        { metadata: { creationTimestamp: request.metadata.creationTimestamp ?? '' } },
      ),
    ),
  );
}

/** A stamped vote of one member of group sre, 10 s after the request was opened. */
export function approvalVote(
  request: ApprovalRequest,
  decision: VoteDecision,
  voter: Partial<Voter> & { readonly username: string },
  overrides: {
    readonly metadata?: Partial<ApprovalVote['metadata']>;
    readonly spec?: Partial<ApprovalVote['spec']>;
  } = {},
): ApprovalVote {
  const person = voter.person ?? voter.username;
  const name = voteName({ name: request.metadata.name ?? '', uid: request.metadata.uid ?? '' }, person, decision);
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'ApprovalVote',
    metadata: {
      name,
      namespace: request.metadata.namespace ?? '',
      uid: `uid-of-${name}`,
      creationTimestamp: timestamp(CREATED_AT + 10_000),
      ...overrides.metadata,
    },
    spec: {
      request: request.metadata.name ?? '',
      requestUID: request.metadata.uid ?? '',
      digest: request.spec.digest ?? '',
      decision,
      voter: { groups: ['sre'], person, ...voter },
      via: 'Kubernetes',
      ...overrides.spec,
    },
  };
}
