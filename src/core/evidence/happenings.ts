import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../api/kinds.ts';

type Spec = ApprovalRequest['spec'];
type Status = NonNullable<ApprovalRequest['status']>;

/** A request came to a state: the first is Pending, and says what was asked. */
export interface RequestChange {
  readonly uid: string;
  /** namespace/name. */
  readonly request: string;
  readonly state: NonNullable<Status['state']>;
  readonly requester: Spec['requester'];
  readonly action: Spec['action'];
  readonly digest: Spec['digest'];
  readonly reason?: string;
  /** Names of the policies whose terms it was opened under. */
  readonly policies: readonly string[];
  /** Why it ended, as its status says. */
  readonly because?: string;
}

export interface VoteCast {
  readonly uid: string;
  /** namespace/name of the ApprovalRequest, and its uid. */
  readonly request: string;
  readonly requestUID: string;
  readonly decision: ApprovalVote['spec']['decision'];
  readonly voter: ApprovalVote['spec']['voter'];
  readonly digest: string;
  readonly reason?: string;
}

/** An approval was used: `decision` joins it with the decision that used it and with the API server's event. */
export interface UseMade {
  readonly request: string;
  readonly requestUID: string;
  readonly decision: string;
  readonly username: string;
  readonly digest: string;
}

/** R42: proof came that nothing had happened. */
export interface UseGivenBack {
  readonly request: string;
  readonly requestUID: string;
  readonly decision: string;
  /** Of the response in the API server's event. */
  readonly code: number;
  /** The id of that event's record. */
  readonly event: string;
}

export interface PolicyChange {
  readonly uid: string;
  readonly name: string;
  readonly generation: number;
  readonly change: 'Stored' | 'Removed';
  /** As it stands then; absent where it was removed. */
  readonly spec?: ApprovalPolicy['spec'];
}
