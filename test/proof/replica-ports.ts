import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import type { Seals } from '../../src/core/approval/seal.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import type { PolicyCompiler } from '../../src/core/decision/compile.ts';
import { policyRevision } from '../../src/core/decision/policy-revision.ts';
import { enforce } from '../../src/enforcement/enforce.ts';
import { createHeldReviews } from '../../src/enforcement/held-reviews.ts';
import type { Outcome } from '../../src/enforcement/outcome.ts';
import { createPolicyRevisions } from '../../src/enforcement/policy-revisions.ts';
import type { EnforcementPorts } from '../../src/enforcement/ports.ts';
import { createRequestSignals } from '../../src/enforcement/request-signals.ts';
import { createSnapshotCache } from '../../src/enforcement/snapshot-cache.ts';
import { votesByRequest } from '../../src/enforcement/votes-by-request.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import type { Reflector } from '../../src/platform/kube/reflector.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { FakeAccessReview } from '../../src/ports/fake-access-review.ts';
import { FakePods } from '../../src/ports/fake-pods.ts';
import { FakeRecorder } from '../../src/ports/fake-recorder.ts';
import { execAttributes } from '../builders/attributes.ts';
import { livePodWith } from '../builders/live-pod.ts';
import { nobodyMapped } from '../builders/people.ts';

/** The reflectors that a process runs. */
export interface Reflectors {
  readonly policies: Reflector<ApprovalPolicy & KubeObject>;
  readonly requests: Reflector<ApprovalRequest & KubeObject>;
  readonly votes: Reflector<ApprovalVote & KubeObject>;
  readonly namespaces: Reflector<KubeObject & JsonObject>;
}

/** The webhook's memory and sequence over these reflectors, in a cluster where prod/web-0 runs and everybody may do everything. */
export function replicaPorts(
  reflectors: Reflectors,
  approvals: EnforcementPorts['approvals'],
  { clock, compile, seals }: { readonly clock: Clock; readonly compile: PolicyCompiler; readonly seals: Seals },
): EnforcementPorts {
  const { policies, requests, votes, namespaces } = reflectors;
  const pods = new FakePods();
  pods.pods.set('prod/web-0', livePodWith());
  return {
    snapshot: createSnapshotCache({ policies, requests, namespaces, votes, people: namespaces }, compile, seals),
    revisions: createPolicyRevisions(policies, clock),
    settings: {
      systemNamespace: 'sallyport-system',
      ourUsernames: new Set(),
      hmac: () => 'hmac',
      seals,
      people: nobodyMapped,
      limits: { pendingPerRequester: 100, pendingInAll: 100, cancelledPerRequesterADay: 50 },
    },
    approvals,
    votes: votesByRequest(votes, seals),
    accessReview: new FakeAccessReview(() => true),
    pods,
    recorder: new FakeRecorder(),
    decided: () => undefined,
    signals: createRequestSignals(requests, clock),
    held: createHeldReviews({ heldPerRequester: 1, heldInAll: 2 }),
    clock,
  };
}

/** A command in prod/web-0, as the review of it reaches this process. */
export async function attemptExec(
  command: string,
  id: string,
  ports: EnforcementPorts,
  { policies }: Pick<Reflectors, 'policies'>,
): Promise<Outcome> {
  const { pod: _pod, ...reviewed } = execAttributes({}, { command: [command] });
  return await enforce(reviewed, ports, {
    id,
    // That the API server asks by its own revision is R3's; here memory is asked as it is.
    revision: policyRevision(policies.list()),
    deadline: ports.clock.now() + 27_000,
    signal: new AbortController().signal,
  });
}
