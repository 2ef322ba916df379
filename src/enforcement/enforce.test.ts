import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { approvedStatus, endedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { approvalVote } from '../../test/builders/approval-vote.ts';
import {
  createAttributes,
  deleteAttributes,
  execAttributes,
  updateAttributes,
} from '../../test/builders/attributes.ts';
import { livePodWith } from '../../test/builders/live-pod.ts';
import type { ApprovalPolicy, ApprovalRequest, RequestStatus } from '../core/api/kinds.ts';
import { foldVotes } from '../core/approval/fold-votes.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { type DecisionSettings, decide } from '../core/decision/decide.ts';
import { parseDenial } from '../core/decision/denial.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import { requestName } from '../core/decision/request-place.ts';
import type { Snapshot } from '../core/decision/snapshot.ts';
import { ConflictError } from '../ports/approvals.ts';
import { FakeAccessReview } from '../ports/fake-access-review.ts';
import { FakeApprovals } from '../ports/fake-approvals.ts';
import { FakeClock } from '../ports/fake-clock.ts';
import { FakePods } from '../ports/fake-pods.ts';
import { FakeRecorder } from '../ports/fake-recorder.ts';
import type { Call } from './call.ts';
import { enforce } from './enforce.ts';
import type { Outcome } from './outcome.ts';

const compile = createPolicyCompiler();
const SECRET = 'connect ECONNREFUSED 10.0.0.1:6443 token=hunter2';

const SETTINGS: DecisionSettings = {
  systemNamespace: 'sallyport-system',
  ourUsernames: new Set(),
  hmac: () => 'hmac',
  limits: { pendingPerRequester: 10, pendingInAll: 100 },
};

/** One API server and one replica. `seen` is what the replica's memory holds of requests; by default it is in step. */
class World {
  readonly clock = new FakeClock();
  readonly approvals = new FakeApprovals(this.clock);
  readonly pods = new FakePods();
  readonly recorder = new FakeRecorder();
  mayExec = true;
  readonly accessReview: FakeAccessReview = new FakeAccessReview(() => this.mayExec);
  readonly settings = SETTINGS;
  policies: readonly ApprovalPolicy[] = [approvalPolicy()];
  seen: readonly ApprovalRequest[] | undefined;
  snapshotFailure: Error | undefined;
  #calls = 0;

  constructor() {
    this.pods.pods.set('prod/web-0', livePodWith());
  }

  readonly snapshot = (): Snapshot => {
    if (this.snapshotFailure !== undefined) throw this.snapshotFailure;
    const requests = this.seen ?? this.approvals.all();
    return {
      freshAt: this.clock.now(),
      policies: this.policies.map(compile),
      namespace: () => ({ metadata: { name: 'prod' } }),
      requests: (fingerprint) => requests.filter((request) => request.spec.fingerprint === fingerprint),
      pending: () => ({ ofRequester: 0, inAll: 0 }),
    };
  };

  async enforce(attributes: Attributes = exec(), call: Partial<Call> = {}): Promise<Outcome> {
    this.#calls += 1;
    const defaults = {
      id: `d${this.#calls}`,
      deadline: this.clock.now() + 27_000,
      signal: new AbortController().signal,
    };
    return await enforce(attributes, this, { ...defaults, ...call });
  }

  gated(attributes: Attributes = execAttributes()): GatedAction {
    const decision = decide(attributes, { ...this.snapshot(), requests: () => [] }, SETTINGS, this.clock.now());
    if (decision.verdict !== 'ApprovalRequired') throw new Error(decision.reason);
    return decision.gated;
  }

  /** Puts an approved request for the action into the API server. */
  approve(attributes: Attributes = execAttributes()): ApprovalRequest {
    const gated = this.gated(attributes);
    return this.approvals.put(requestFor(gated, approvedStatus(gated, this.clock.now() + 600_000)));
  }

  /** Puts a request of the name that the webhook would choose. */
  putNamed(
    change: (request: ApprovalRequest) => ApprovalRequest,
    after?: string,
    uid = 'foreign-uid',
  ): ApprovalRequest {
    const gated = this.gated();
    const built = requestFor(gated, undefined, uid);
    const name = requestName(gated.action, gated.fingerprint, after);
    return this.approvals.put(change({ ...built, metadata: { ...built.metadata, name } }));
  }

  statuses(): readonly (RequestStatus | undefined)[] {
    return this.approvals.all().map((request) => request.status);
  }
}

/** As the API server sends it: without the pod. */
function exec(overrides: Partial<Attributes> = {}): Attributes {
  const { pod, ...reviewed } = execAttributes(overrides);
  return pod === undefined ? execAttributes(overrides) : reviewed;
}

const messageOf = (outcome: Outcome) => (outcome.kind === 'Allowed' ? '' : outcome.message);
const codeOf = (outcome: Outcome) => `${outcome.kind} ${outcome.code}`;
const late = (world: World) => ({ deadline: world.clock.now() });
const gone = () => ({ signal: AbortSignal.abort(new Error('the caller has gone')) });

describe('[R13] [R14] asking', () => {
  test('a gated action without a request opens one and says so in one line', async () => {
    const world = new World();
    const outcome = await world.enforce();
    const [request] = world.approvals.all();
    const name = request?.metadata.name ?? '';
    expect(name).toMatch(/^exec-web-0-[0-9a-f]{8}$/);
    expect(outcome).toMatchObject({
      kind: 'Asked',
      code: 'ApprovalRequired',
      facts: { request: `prod/${name}`, retry: true },
    });
    expect(messageOf(outcome)).toBe(
      `approval required: exec ls on prod/pods/web-0 (app) needs 1 of group sre. NOT executed. Request prod/${name} is pending; run the same command again after approval [sallyport code=ApprovalRequired request=prod/${name} retry=true expires=2026-01-01T01:00:00Z]`,
    );
  });

  test('two reviews of one denied exec open one request, whichever replica meets the second', async () => {
    const world = new World();
    const first = await world.enforce();
    expect(await world.enforce()).toMatchObject({ kind: 'Asked', facts: first.facts });
    world.seen = [];
    expect(await world.enforce()).toMatchObject({ kind: 'Asked', facts: first.facts });
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('twenty at once open one', async () => {
    const world = new World();
    world.seen = [];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.enforce()));
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Asked ApprovalRequired']));
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('asked, approved, the same command again, and then never again', async () => {
    const world = new World();
    await world.enforce();
    const [request] = world.approvals.all();
    if (request === undefined) throw new Error('nothing was opened');
    world.approvals.put({
      ...request,
      status: foldVotes(request, [approvalVote(request, 'Approve', { username: 'bob' })], world.clock.now()),
    });
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(codeOf(await world.enforce())).toBe('Denied AlreadyUsed');
    await world.clock.advance(6000);
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(2);
  });

  test('an answer lost after the write is found again', async () => {
    const world = new World();
    world.approvals.faults.push({ method: 'open', call: 1, when: 'after', error: new Error(SECRET) });
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(1);
  });

  test("somebody else's object of that name gives another name, the same for every replica", async () => {
    const world = new World();
    const foreign = world.putNamed((request) => ({
      ...request,
      spec: { ...request.spec, requester: { username: 'mallory' } },
    }));
    world.seen = [];
    const outcome = await world.enforce();
    expect(outcome.kind).toBe('Asked');
    expect(outcome.facts.request).not.toBe(`prod/${foreign.metadata.name}`);
    expect((await world.enforce()).facts.request).toBe(outcome.facts.request);
    expect(world.approvals.all()).toHaveLength(2);
  });

  test('names that are all taken are a denial', async () => {
    const world = new World();
    let after: string | undefined;
    for (let index = 0; index < 10; index += 1) {
      after = world.putNamed((request) => ({ ...request, spec: { ...request.spec, digest: 'x' } }), after, `f${index}`)
        .metadata.uid;
    }
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
  });

  test.each<[string, RequestStatus, string]>([
    ['denied a moment ago', endedStatus('Denied', Date.parse('2026-01-01T00:00:00Z')), 'Denied Denied'],
    ['used a moment ago', endedStatus('Consumed', Date.parse('2026-01-01T00:00:00Z')), 'Denied AlreadyUsed'],
    ['denied long ago', endedStatus('Denied', Date.parse('2025-12-31T00:00:00Z')), 'Asked ApprovalRequired'],
    ['still pending', { state: 'Pending', expiresAt: '2026-01-01T01:00:00Z' }, 'Asked ApprovalRequired'],
    ['approved', { state: 'Approved', expiresAt: '2026-01-01T01:00:00Z' }, 'Allowed Approved'],
    ['approved, but not used in time', { state: 'Approved', expiresAt: '2026-01-01T00:00:00Z' }, 'Denied Expired'],
  ])("what this replica has not seen yet was %s under another one's eyes", async (_, status, expected) => {
    const world = new World();
    world.putNamed((request) => ({ ...request, status }));
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe(expected);
  });

  test('[R30] an unseen request under other terms is not joined', async () => {
    const world = new World();
    world.putNamed((request) => ({ ...request, spec: { ...request.spec, policies: [] } }));
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Denied Conflict');
  });

  test('[R40] a virtual create that another replica saw approved is still used once', async () => {
    const world = new World();
    const eviction = createAttributes(
      { kind: 'Eviction', metadata: { name: 'web-0', namespace: 'prod' } },
      { group: '', resource: 'pods', subresource: 'eviction', name: 'web-0' },
    );
    const gated = world.gated(eviction);
    const request = requestFor(gated, approvedStatus(gated, world.clock.now() + 600_000));
    world.approvals.put({
      ...request,
      metadata: { ...request.metadata, name: requestName(gated.action, gated.fingerprint, undefined) },
    });
    world.seen = [];
    const outcomes = await Promise.all([world.enforce(eviction), world.enforce(eviction)]);
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
  });
});

describe('[R2] [R40] using', () => {
  test('of 50 parallel execs on one approved request one is allowed', async () => {
    const world = new World();
    world.approve();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
    expect(world.statuses()).toMatchObject([{ state: 'Consumed', uses: [{}] }]);
    expect(world.recorder.recorded).toHaveLength(50);
  });

  test('of 50 replicas that still remember it as approved, too', async () => {
    const world = new World();
    world.seen = [world.approve()];
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Allowed Approved', 'Denied AlreadyUsed']));
  });

  test('a write that the server reviews again is one use: once Approved, then Reviewed', async () => {
    const world = new World();
    world.seen = [world.approve(updateAttributes())];
    const outcomes = await Promise.all([world.enforce(updateAttributes()), world.enforce(updateAttributes())]);
    expect(outcomes.map(codeOf).toSorted()).toEqual(['Allowed Approved', 'Allowed Reviewed']);
    world.seen = undefined;
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Reviewed');
    expect(world.statuses()).toMatchObject([{ uses: [{ repeats: 2 }] }]);
    await world.clock.advance(5000);
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Asked ApprovalRequired');
  });

  test('with another credential it is not the same write', async () => {
    const world = new World();
    world.approve(updateAttributes());
    await world.enforce(updateAttributes());
    const { user } = updateAttributes();
    const other = updateAttributes(undefined, undefined, { user: { ...user, extra: {} } });
    expect(codeOf(await world.enforce(other))).toBe('Denied AlreadyUsed');
  });

  test('a status that somebody else wrote first is read again', async () => {
    const world = new World();
    const request = world.approve();
    world.seen = [request];
    world.approvals.put({ ...request, status: { ...request.status, approvals: '1/1' } });
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(world.statuses()).toMatchObject([{ state: 'Consumed', approvals: '1/1' }]);
  });

  test.each<[string, (request: ApprovalRequest) => ApprovalRequest, string]>([
    ['revoked', (request) => ({ ...request, status: endedStatus('Revoked', 0) }), 'Denied Conflict'],
    [
      'made anew under its name',
      (request) => ({ ...request, metadata: { ...request.metadata, uid: 'new' } }),
      'Denied Conflict',
    ],
    [
      'changed to another digest',
      (request) => ({ ...request, spec: { ...request.spec, digest: 'x' } }),
      'Denied Conflict',
    ],
    [
      'changed to other terms',
      (request) => ({ ...request, spec: { ...request.spec, policies: [] } }),
      'Denied Conflict',
    ],
  ])('an approved request that was %s meanwhile is not used', async (_, change, expected) => {
    const world = new World();
    const request = world.approve();
    world.seen = [request];
    world.approvals.put(change(request));
    expect(codeOf(await world.enforce())).toBe(expected);
    expect(JSON.stringify(world.statuses())).not.toContain('Consumed');
  });

  test('conflicts without end are a denial', async () => {
    const world = new World();
    world.approve();
    for (let call = 1; call <= 10; call += 1) {
      world.approvals.faults.push({ method: 'writeStatus', call, when: 'before', error: new ConflictError('x') });
    }
    expect(codeOf(await world.enforce())).toBe('Denied Conflict');
  });

  test('an answer lost after the write is a denial, and the use stays', async () => {
    const world = new World();
    world.approve();
    world.approvals.faults.push({ method: 'writeStatus', call: 1, when: 'after', error: new Error(SECRET) });
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
    expect(codeOf(await world.enforce())).toBe('Denied AlreadyUsed');
  });

  test.each<[string, ReturnType<typeof livePodWith> | undefined, string]>([
    ['terminating', livePodWith({ terminating: true }), 'Denied TargetNotRunning'],
    ['without the container running', livePodWith({ running: ['sidecar'] }), 'Denied TargetNotRunning'],
    ['gone', undefined, 'Denied NoTarget'],
    ['another of that name', livePodWith({ uid: 'new' }), 'Asked ApprovalRequired'],
  ])('[R41] an approval is not spent on a pod that is %s', async (_, pod, expected) => {
    const world = new World();
    world.approve();
    world.pods.pods.delete('prod/web-0');
    if (pod !== undefined) world.pods.pods.set('prod/web-0', pod);
    expect(codeOf(await world.enforce())).toBe(expected);
    expect(world.approvals.calls.writeStatus).toBe(0);
  });
});

describe('[R1] every port that fails is a denial without internals, recorded once', () => {
  const failure = new TypeError(SECRET);
  const fault =
    (method: 'open' | 'get' | 'writeStatus', when: 'before' | 'after' = 'before') =>
    (world: World) => {
      world.approvals.faults.push({ method, call: 1, when, error: failure });
    };
  test.each<[string, boolean, (world: World) => void, string]>([
    ['the snapshot', true, (world) => void (world.snapshotFailure = failure), 'Unavailable'],
    ['the pod', true, (world) => void (world.pods.failure = failure), 'Unavailable'],
    ['the access review', true, (world) => void (world.accessReview.failure = failure), 'Unavailable'],
    ['the access review before asking', false, (world) => void (world.accessReview.failure = failure), 'Unavailable'],
    ['opening', false, fault('open'), 'Unavailable'],
    ['using', true, fault('writeStatus'), 'Unavailable'],
    ['the answer to using', true, fault('writeStatus', 'after'), 'Unavailable'],
    [
      'reading what has the name',
      false,
      (world) => {
        world.putNamed((request) => request);
        world.seen = [];
        fault('get')(world);
      },
      'Unavailable',
    ],
    [
      'reading again after a conflict',
      true,
      (world) => {
        world.approvals.faults.push({
          method: 'writeStatus',
          call: 1,
          when: 'before',
          error: new ConflictError(SECRET),
        });
        fault('get')(world);
      },
      'Unavailable',
    ],
    ['nothing but the right to exec', true, (world) => void (world.mayExec = false), 'AccessDenied'],
    ['nothing but the right to ask', false, (world) => void (world.mayExec = false), 'AccessDenied'],
  ])('%s', async (_, approved, breakIt, code) => {
    const world = new World();
    if (approved) world.approve();
    breakIt(world);
    const outcome = await world.enforce();
    expect(codeOf(outcome)).toBe(`Denied ${code}`);
    expect(messageOf(outcome)).not.toMatch(/ECONNREFUSED|hunter2|TypeError|ConflictError|10\.0\.0\.1/);
    expect(parseDenial(messageOf(outcome))).toMatchObject({ code });
    expect(messageOf(outcome)).toContain('NOT executed');
    expect(world.recorder.recorded).toMatchObject([{ id: outcome.id, verdict: 'Denied', code }]);
    expect(world.recorder.recorded[0]?.detail ?? '').toBe(code === 'Unavailable' ? `TypeError: ${SECRET}` : '');
  });

  test('[R41] the question is about this user, this verb and this pod', async () => {
    const world = new World();
    await world.enforce();
    expect(world.accessReview.asked).toMatchObject([
      {
        user: { username: 'alice', uid: 'u-alice' },
        verb: 'create',
        group: '',
        resource: 'pods',
        subresource: 'exec',
        namespace: 'prod',
        name: 'web-0',
      },
    ]);
  });
});

describe('[R43] nothing is written', () => {
  test.each<[string, boolean, Attributes, (world: World) => Partial<Call>]>([
    ['after the deadline, with an approval', true, exec(), late],
    ['after the deadline, without', false, exec(), late],
    ['after the deadline of a write', true, updateAttributes(), late],
    ['for a caller who has gone, with an approval', true, exec(), gone],
    ['for a caller who has gone, without', false, exec(), gone],
    ['for the write of a caller who has gone', true, deleteAttributes(), gone],
  ])('%s', async (_, approved, attributes, call) => {
    const world = new World();
    if (approved) world.approve(attributes.operation === 'CONNECT' ? execAttributes() : attributes);
    const before = world.approvals.all();
    expect((await world.enforce(attributes, call(world))).kind).toBe('Denied');
    expect(world.approvals.all()).toEqual(before);
    expect(world.recorder.recorded).toHaveLength(1);
  });

  test('when the deadline passes while the authorizer thinks', async () => {
    const world = new World();
    world.approve();
    const { snapshot, settings, approvals, pods, recorder, clock } = world;
    const accessReview = { allowed: async () => await clock.advance(30_000).then(() => true) };
    const ports = { snapshot, settings, approvals, pods, recorder, clock, accessReview };
    const call = { id: 'd', deadline: clock.now() + 27_000, signal: new AbortController().signal };
    expect(codeOf(await enforce(exec(), ports, call))).toBe('Denied TooLate');
    expect(world.approvals.calls.writeStatus).toBe(0);
  });
});

describe('[R44] a dry run writes nothing and says what would be', () => {
  test.each<[string, RequestStatus | undefined, RegExp]>([
    [
      'nothing was asked',
      undefined,
      /^sallyport: update on prod\/deployments\.apps\/web would need the approval of 1 of group sre; a dry run asks nobody$/,
    ],
    [
      'it is approved',
      { state: 'Approved', expiresAt: '2026-01-01T01:00:00Z' },
      /^sallyport: update on prod\/deployments\.apps\/web is approved; this dry run did not use the approval$/,
    ],
    [
      'it was denied a moment ago',
      endedStatus('Denied', Date.parse('2026-01-01T00:00:00Z')),
      /^sallyport: update on prod\/deployments\.apps\/web would be denied: denied; it can be asked for again in 600 s$/,
    ],
  ])('%s', async (_, status, warning) => {
    const world = new World();
    const attributes = updateAttributes(undefined, undefined, { dryRun: true });
    if (status !== undefined) world.approvals.put(requestFor(world.gated(attributes), status));
    const before = world.approvals.all();
    const outcome = await world.enforce(attributes);
    expect(codeOf(outcome)).toBe('Allowed DryRun');
    expect(outcome).toHaveProperty('warnings', [expect.stringMatching(warning)]);
    expect(world.approvals.all()).toEqual(before);
    expect(world.recorder.recorded).toMatchObject([{ dryRun: true, code: 'DryRun' }]);
  });

  test('what is not known is denied in a dry run too', async () => {
    const world = new World();
    world.policies = [approvalPolicy({ mode: 'Warn' })];
    expect(codeOf(await world.enforce(updateAttributes(undefined, undefined, { dryRun: true })))).toBe(
      'Denied PolicyNotReady',
    );
  });
});

test('the recorder gets each call once, with what joins it to the ledger', async () => {
  const world = new World();
  await world.enforce();
  world.policies = [];
  await world.enforce();
  const [request] = world.approvals.all();
  expect(world.recorder.recorded).toEqual([
    {
      id: 'd1',
      point: 'webhook',
      verdict: 'Asked',
      code: 'ApprovalRequired',
      user: { username: 'alice', uid: 'u-alice' },
      operation: 'CONNECT',
      resource: 'pods/exec',
      namespace: 'prod',
      name: 'web-0',
      digest: request?.spec.digest,
      request: `prod/${request?.metadata.name}`,
      policies: ['prod-shells'],
      dryRun: false,
      seconds: 0,
    },
    expect.objectContaining({ id: 'd2', verdict: 'Allowed', code: 'NoPolicyMatches', policies: [] }),
  ]);
});
