import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../api/kinds.ts';

type Spec = ApprovalRequest['spec'];
type Status = NonNullable<ApprovalRequest['status']>;

/**
 * R15: what does not carry our seal is not genuine: somebody wrote it past our webhooks, and nothing goes by it. It has an id
 * of its own (`…/unsealed`), so that it never stands in for the genuine one.
 */
interface MaybeUnsealed {
  readonly unsealed?: true;
}

/** A request came to a state: the first is Pending, and says what was asked. */
export interface RequestChange extends MaybeUnsealed {
  readonly uid: string;
  /** namespace/name. */
  readonly request: string;
  readonly state: NonNullable<Status['state']>;
  /** When it came to that, as its status says: RFC 3339, UTC. Absent where nothing says it. */
  readonly at?: string;
  readonly requester: Spec['requester'];
  readonly action: Spec['action'];
  readonly digest: Spec['digest'];
  readonly reason?: string;
  /** Names of the policies whose terms it was opened under. */
  readonly policies: readonly string[];
  /** Why it ended, as its status says. */
  readonly because?: string;
}

export interface VoteCast extends MaybeUnsealed {
  readonly uid: string;
  /** RFC 3339, UTC. */
  readonly at?: string;
  /** namespace/name of the ApprovalRequest, and its uid. */
  readonly request: string;
  readonly requestUID: string;
  readonly decision: ApprovalVote['spec']['decision'];
  readonly voter: ApprovalVote['spec']['voter'];
  /** Through what: `Kubernetes`, `Slack`, `Console`. */
  readonly via?: string;
  readonly digest: string;
  readonly reason?: string;
}

/** An approval was used: `decision` joins it with the decision that used it and with the API server's event. */
export interface UseMade extends MaybeUnsealed {
  readonly request: string;
  readonly requestUID: string;
  readonly decision: string;
  /** RFC 3339, UTC. */
  readonly at?: string;
  readonly username: string;
  /** Who that was, as the request that they used says. */
  readonly person?: string;
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
