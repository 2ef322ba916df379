import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { endedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { deleteAttributes, execAttributes, updateAttributes } from '../../test/builders/attributes.ts';
import type { PolicySpec } from '../core/api/kinds.ts';
import type { RequestStatus } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { parseDenial } from '../core/decision/denial.ts';
import { ConflictError } from '../ports/approvals.ts';
import type { Call } from './call.ts';
import { enforce } from './enforce.ts';
import { SECRET, World, codeOf, exec, messageOf } from '../../test/builders/enforcement-world.ts';

const late = (world: World) => ({ deadline: world.clock.now() });
const gone = () => ({ signal: AbortSignal.abort(new Error('the caller has gone')) });

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

  test('[R3] when the replica has not come as far as the policies that are asked for', async () => {
    const world = new World();
    world.approve();
    world.behind = true;
    expect(codeOf(await world.enforce())).toBe('Denied NotReady');
    expect(world.approvals.calls.writeStatus).toBe(0);
  });

  test('when the deadline passes while the authorizer thinks', async () => {
    const world = new World();
    world.approve();
    const { snapshot, revisions, settings, approvals, votes, pods, recorder, decided, signals, held, clock } = world;
    const accessReview = { allowed: async () => await clock.advance(30_000).then(() => true) };
    const ports = {
      snapshot,
      revisions,
      settings,
      approvals,
      votes,
      pods,
      recorder,
      decided,
      signals,
      held,
      clock,
      accessReview,
    };
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
    world.policies = [approvalPolicy({ masking: {} })];
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
      at: '2026-01-01T00:00:00.000Z',
      point: 'webhook',
      verdict: 'Asked',
      code: 'ApprovalRequired',
      user: { username: 'alice', uid: 'u-alice', person: 'alice' },
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

describe('[R2] the live pod is read only where it can change the decision', () => {
  test.each<[string, Partial<PolicySpec['match']>, readonly string[]]>([
    ['a policy matches by all but the pod', {}, ['prod/web-0']],
    [
      'the object selector of a policy is about the pod',
      { objectSelector: { matchLabels: { a: 'b' } } },
      ['prod/web-0'],
    ],
    ['the caller is left out', { excludeSubjects: [{ kind: 'User', name: 'alice' }] }, []],
    ['the namespace is another', { namespaceSelector: { matchLabels: { env: 'other' } } }, []],
  ])('%s', async (_sentence, match, asked) => {
    const world = new World();
    const { spec } = approvalPolicy();
    world.policies = [approvalPolicy({ match: { ...spec.match, ...match } })];
    await world.enforce();
    expect(world.pods.asked).toEqual(asked);
  });
});
