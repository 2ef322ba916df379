import { nobodyMapped } from '../builders/people.ts';
import { execAttributes } from '../builders/attributes.ts';
import { livePodWith } from '../builders/live-pod.ts';
import { TRUSTING } from '../builders/seals.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
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
import type { ListWatch } from '../../src/platform/kube/list-watch.ts';
import { createReflector, type Reflector } from '../../src/platform/kube/reflector.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { FakeAccessReview } from '../../src/ports/fake-access-review.ts';
import { FakePods } from '../../src/ports/fake-pods.ts';
import { FakeRecorder } from '../../src/ports/fake-recorder.ts';
import type { Draws } from './seeded.ts';
import type { WatchedCluster } from './watched-cluster.ts';

/** One replica of the webhook: our own reflectors, memory and sequence, with only the wire and the clock simulated. */
export interface Replica {
  attempt(command: string): Promise<Outcome>;
  run(signal: AbortSignal): Promise<void>;
  /** The oldest of what it believes to know, in ms of its own clock. */
  freshAt(): number;
}

const compile = createPolicyCompiler();

export function createReplica(cluster: WatchedCluster, clock: Clock, draws: Draws): Replica {
  const watch = <T extends KubeObject>(name: keyof WatchedCluster['collections']): Reflector<T> =>
    createReflector<T>({
      listWatch: cluster.collections[name] as unknown as ListWatch<T>,
      name,
      clock,
      random: () => draws.next(),
      log: silentLogger,
    });
  const policies = watch<ApprovalPolicy & KubeObject>('policies');
  const requests = watch<ApprovalRequest & KubeObject>('requests');
  const votes = watch<ApprovalVote & KubeObject>('votes');
  const namespaces = watch<KubeObject & JsonObject>('namespaces');
  const snapshot = createSnapshotCache(
    { policies, requests, namespaces, votes, people: namespaces },
    compile,
    TRUSTING,
  );
  const pods = new FakePods();
  pods.pods.set('prod/web-0', livePodWith());
  const ports: EnforcementPorts = {
    snapshot,
    revisions: createPolicyRevisions(policies, clock),
    settings: {
      systemNamespace: 'sallyport-system',
      ourUsernames: new Set(),
      hmac: () => 'hmac',
      seals: TRUSTING,
      people: nobodyMapped,
      limits: { pendingPerRequester: 100, pendingInAll: 100 },
    },
    approvals: cluster,
    votes: votesByRequest(votes, TRUSTING),
    accessReview: new FakeAccessReview(() => true),
    pods,
    recorder: new FakeRecorder(),
    decided: () => undefined,
    signals: createRequestSignals(requests, clock),
    held: createHeldReviews({ heldPerRequester: 1, heldInAll: 2 }),
    clock,
  };
  let attempts = 0;
  return {
    attempt: async (command) => {
      attempts += 1;
      const { pod: _pod, ...reviewed } = execAttributes({}, { command: [command] });
      return await enforce(reviewed, ports, {
        id: `d${attempts}`,
        // That the API server asks by its own revision is R3's; here memory is asked as it is.
        revision: policyRevision(policies.list()),
        deadline: clock.now() + 27_000,
        signal: new AbortController().signal,
      });
    },
    run: async (signal) => {
      await Promise.all([policies, requests, votes, namespaces].map((reflector) => reflector.run(signal)));
    },
    freshAt: () => snapshot().freshAt,
  };
}
