import type { ApprovalVote } from '../core/api/kinds.ts';
import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import type { DecisionSettings } from '../core/decision/settings.ts';
import type { Snapshot } from '../core/decision/snapshot.ts';
import type { AccessReview } from '../ports/access-review.ts';
import type { Approvals } from '../ports/approvals.ts';
import type { Clock } from '../ports/clock.ts';
import type { PolicyRevisions } from './policy-revisions.ts';
import type { Pods } from '../ports/pods.ts';
import type { Recorder } from '../ports/recorder.ts';
import type { HeldReviews } from './held-reviews.ts';
import type { RequestSignals } from './request-signals.ts';

export interface EnforcementPorts {
  readonly snapshot: () => Snapshot;
  readonly revisions: PolicyRevisions;
  readonly settings: DecisionSettings;
  readonly approvals: Approvals;
  /** The votes on a request that are known already. */
  readonly votes: (requestUID: string) => readonly ApprovalVote[];
  readonly accessReview: AccessReview;
  readonly pods: Pods;
  readonly recorder: Recorder;
  /** Log line and metric of a decision. */
  readonly decided: (decision: DecisionRecord) => void;
  readonly signals: RequestSignals;
  readonly held: HeldReviews;
  readonly clock: Clock;
}
