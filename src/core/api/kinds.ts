import type { ApprovalPolicy } from './generated/approval-policy.ts';
import type { ApprovalRequest } from './generated/approval-request.ts';
import type { ApprovalVote } from './generated/approval-vote.ts';

export type { ApprovalPolicy, ApprovalRequest, ApprovalVote };

export type PolicySpec = ApprovalPolicy['spec'];
export type ResourceRule = PolicySpec['match']['resourceRules'][number];
export type LabelSelector = NonNullable<PolicySpec['match']['namespaceSelector']>;
export type Subject = NonNullable<PolicySpec['match']['subjects']>[number];
export type Condition = NonNullable<NonNullable<ApprovalPolicy['status']>['conditions']>[number];

export type RequestSpec = ApprovalRequest['spec'];
export type RequestStatus = NonNullable<ApprovalRequest['status']>;
export type Requester = NonNullable<RequestSpec['requester']>;
export type Action = RequestSpec['action'];
export type ExecOptions = NonNullable<Action['exec']>;
export type Change = NonNullable<Action['changes']>[number];
/** One policy's terms as they were when the request was opened. */
export type PolicyTerms = NonNullable<RequestSpec['policies']>[number];
export type Stage = PolicyTerms['terms']['stages'][number];
export type Approver = Stage['approvers'][number];
export type Summary = NonNullable<RequestSpec['summary']>;
export type State = NonNullable<RequestStatus['state']>;
export type StageProgress = NonNullable<RequestStatus['stages']>[number];
export type CountedVote = NonNullable<RequestStatus['votes']>[number];
export type Use = NonNullable<RequestStatus['uses']>[number];

export type VoteDecision = ApprovalVote['spec']['decision'];
/**
 * How sure it is that a vote is of whom it says. Any: by whoever holds their Slack account. Console: by who has just signed
 * in by OIDC. Kubernetes: by who holds their credentials of the cluster.
 */
export type Assurance = NonNullable<ApprovalVote['spec']['assurance']>;
export type Voter = NonNullable<ApprovalVote['spec']['voter']>;

/** Who asks, as the API server authenticated them: authentication.k8s.io/v1 UserInfo. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}
