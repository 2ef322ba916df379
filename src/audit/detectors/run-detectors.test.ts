import { afterEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { writeEvent } from '../../../test/builders/audit-event.ts';
import { compile } from '../../../test/builders/decision-world.ts';
import { execOf, GRACE_MS, LOSS_MS, T0 } from '../../../test/builders/detectors.ts';
import { execRequest } from '../../../test/builders/exec-request.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { sealsOf } from '../../../test/builders/seals.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import type { ApprovalPolicy, ApprovalVote, RequestStatus } from '../../core/api/kinds.ts';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { eventKey } from '../../core/evidence/event-key.ts';
import { FakeApprovals } from '../../ports/fake-approvals.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { LedgerError } from '../../ports/ledger.ts';
import { runDetectors } from './run-detectors.ts';

const seals = sealsOf('ours');
interface Labelled {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}
type Namespace = JsonObject & { readonly metadata: Labelled & JsonObject };

function world() {
  const clock = new FakeClock(T0 - 60_000);
  const approvals = new FakeApprovals(clock);
  const policies = new FakeWatched<ApprovalPolicy>();
  policies.fresh = () => clock.now();
  return {
    clock,
    approvals,
    policies,
    namespaces: new FakeWatched<Namespace>(),
    votes: new FakeWatched<ApprovalVote>(),
    ledger: new FakeLedger(clock),
    told: [] as string[],
    saved: { seq: 0 },
  };
}
type World = ReturnType<typeof world>;

const running: { readonly stop: AbortController; readonly done: Promise<void> }[] = [];
afterEach(async () => {
  for (const { stop, done } of running.splice(0)) {
    stop.abort(new Error('stopped'));
    await done;
  }
});

async function begin(of: World): Promise<void> {
  const stop = new AbortController();
  const { told, saved } = of;
  const sealed = {
    get: of.approvals.get.bind(of.approvals),
    writeStatus: ((request, status, signal) =>
      of.approvals.writeStatus(
        request,
        { ...status, seal: seals.status(request.metadata.uid ?? '', status) },
        signal,
      )) satisfies FakeApprovals['writeStatus'],
  };
  const done = runDetectors(
    {
      graceMs: GRACE_MS,
      lossMs: LOSS_MS,
      ourUsernames: new Set(['sallyport']),
      gate: { gateObjects: [], gateKeepers: new Set() },
    },
    {
      ...of,
      approvals: sealed,
      seals,
      compile,
      random: () => 0,
      vote: (namespace, name) => of.votes.get(`${namespace}/${name}`),
      cursor: {
        load: () => Promise.resolve(saved.seq),
        save: (seq) => {
          saved.seq = seq;
          return Promise.resolve();
        },
      },
      events: {
        alarm: (_id, { alarm }) => told.push(`alarm ${alarm}`),
        unknown: (why) => told.push(`unknown ${why}`),
        givenBack: (outcome, request, decision, code, why) =>
          told.push(`given back ${outcome} ${request} ${decision} ${code} ${why ?? ''}`.trim()),
        revoked: (outcome, request, why) => told.push(`revoked ${outcome} ${request} ${why ?? ''}`.trim()),
        behind: () => undefined,
        failed: (error) => told.push(`failed ${error instanceof Error ? error.name : ''}`),
      },
    },
    stop.signal,
  );
  running.push({ stop, done });
  await pass(of, 20);
}

/** Second by second, as the detectors look. */
async function pass({ clock }: World, seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n += 1) {
    await clock.advance(1_000);
    await new Promise(setImmediate);
  }
}

const keep = (of: World, event: AuditEvent) =>
  of.ledger.append([{ kind: 'AuditEvent', id: `event/${eventKey(event)}`, data: event }]);
const kinds = ({ ledger }: World) => ledger.records.map(({ kind }) => kind);
const unasked = (at: number) => execOf('x', at, { annotations: {} }).event;

describe('a bypass', () => {
  test('is a record, and is told once, over restarts', async () => {
    const of = world();
    of.policies.put(approvalPolicy());
    await begin(of);
    await keep(of, unasked(of.clock.now()));
    await pass(of, 10);
    expect(kinds(of)).toEqual(['AuditEvent', 'Alarm']);
    expect(of.told).toEqual(['alarm Bypass']);
    expect(of.saved.seq).toBe(0);
    await begin(of);
    await pass(of, 60);
    expect(kinds(of)).toEqual(['AuditEvent', 'Alarm']);
    expect(of.told).toEqual(['alarm Bypass']);
  });

  test('of a time when nobody looked is told after the start', async () => {
    const of = world();
    of.policies.put(approvalPolicy());
    await keep(of, unasked(of.clock.now()));
    await begin(of);
    await pass(of, 10);
    expect(of.told).toEqual(['alarm Bypass']);
  });

  test('is told when the ledger takes records again', async () => {
    const of = world();
    of.policies.put(approvalPolicy());
    await begin(of);
    await keep(of, unasked(of.clock.now()));
    of.ledger.failure = new LedgerError('Unwritable', 'ENOSPC');
    await pass(of, 10);
    expect(of.told.at(-1)).toBe('failed LedgerError');
    of.ledger.failure = undefined;
    await pass(of, 3);
    expect(of.told.at(-1)).toBe('alarm Bypass');
  });

  test('is none in a namespace whose labels changed about then', async () => {
    const of = world();
    const spec = approvalPolicy().spec;
    of.policies.put(approvalPolicy({ match: { ...spec.match, namespaceSelector: { matchLabels: { env: 'prod' } } } }));
    const namespace = (env: string): Namespace => ({ metadata: { name: 'prod', labels: { env } } });
    of.namespaces.put(namespace('dev'));
    await begin(of);
    await keep(of, unasked(of.clock.now()));
    await pass(of, 1);
    of.namespaces.put(namespace('prod'));
    await pass(of, 10);
    expect(of.told).toEqual(['unknown Settling']);
    await pass(of, 60);
    await keep(of, unasked(of.clock.now()));
    await pass(of, 10);
    expect(of.told).toEqual(['unknown Settling', 'alarm Bypass']);
  });

  test('of what no policy asks for is none, and neither of one that is new', async () => {
    const of = world();
    await begin(of);
    await pass(of, 60);
    const { uid = '', name } = approvalPolicy().metadata;
    const data = { uid, name, generation: 1, change: 'Stored', spec: approvalPolicy().spec } as const;
    await of.ledger.append([{ kind: 'Policy', id: `policy/${uid}/1`, data }]);
    await pass(of, 5);
    await keep(of, unasked(of.clock.now()));
    await keep(of, writeEvent('create', { annotations: {}, objectRef: { resource: 'configmaps', namespace: 'prod' } }));
    await pass(of, 10);
    expect(of.told).toEqual(['unknown Settling']);
    await pass(of, 40);
    await keep(of, unasked(of.clock.now()));
    await pass(of, 10);
    expect(of.told).toEqual(['unknown Settling', 'alarm Bypass']);
  });
});

const APPROVED: RequestStatus = {
  state: 'Consumed',
  expiresAt: '2026-11-20T12:00:00Z',
  endedAt: '2026-11-20T10:00:00Z',
  conditions: [],
  uses: [{ id: 'd1', decision: 'd1', at: '2026-11-20T10:00:00Z', username: 'alice' }],
};

function stored(of: World, status: RequestStatus, genuine = true) {
  const { spec, metadata, ...rest } = execRequest({ name: 'exec-web-0-7f3c1a9e' });
  const request = { ...rest, metadata, spec: { ...spec, seal: seals.request('prod', spec) } };
  const seal = genuine ? seals.status(metadata.uid, status) : 'v1.forged';
  of.approvals.put({ ...request, status: { ...status, seal } });
  return metadata;
}

const used = (code: number) => execOf('d1', T0, { stage: 'ResponseComplete', responseStatus: { code } });

describe('[R42] a use of which nothing came', () => {
  async function withEvent(of: World, code: number): Promise<void> {
    const { decision, event } = used(code);
    await of.ledger.append([{ kind: 'Decision', id: 'decision/d1', data: decision }]);
    await begin(of);
    await keep(of, { ...event, stage: 'ResponseStarted' });
    await keep(of, event);
    await pass(of, 10);
  }

  test('is given back in the request, sealed, and in the ledger, once, over restarts', async () => {
    const of = world();
    const { uid } = stored(of, APPROVED);
    await withEvent(of, 403);
    const [request] = of.approvals.all();
    expect(request?.status).toMatchObject({ state: 'Approved', uses: [{ givenBack: { code: 403 } }] });
    expect(request !== undefined && seals.isStatus(request)).toBe(true);
    expect(of.ledger.records.at(-1)).toMatchObject({
      kind: 'GivenBack',
      id: 'given-back/d1',
      data: { request: 'prod/exec-web-0-7f3c1a9e', requestUID: uid, decision: 'd1', code: 403 },
    });
    await begin(of);
    await pass(of, 60);
    expect(of.told).toEqual(['given back Done prod/exec-web-0-7f3c1a9e d1 403']);
    expect(of.approvals.calls.writeStatus).toBe(1);
  });

  test('whose request was written, and whose record was not, gets its record', async () => {
    const of = world();
    const [use] = APPROVED.uses ?? [];
    if (use !== undefined)
      stored(of, { ...APPROVED, uses: [{ ...use, givenBack: { at: '2026-11-20T10:00:00Z', code: 403 } }] });
    await withEvent(of, 403);
    expect(kinds(of).at(-1)).toBe('GivenBack');
    expect(of.approvals.calls.writeStatus).toBe(0);
  });

  test('is tried again while the API server does not answer, and when somebody else writes first', async () => {
    const of = world();
    stored(of, APPROVED);
    of.approvals.faults.push({ method: 'get', call: 1, when: 'before', error: new Error('away') });
    let others = 0;
    of.approvals.beforeWriteStatus = () => {
      others += 1;
      if (others === 1) stored(of, { ...APPROVED, approvals: '1/1' });
    };
    await withEvent(of, 409);
    expect(of.told).toEqual(['failed Error', 'given back Done prod/exec-web-0-7f3c1a9e d1 409']);
  });

  test('keeps no alarm waiting while the API server refuses it, and is told to be refused in the end', async () => {
    const of = world();
    of.policies.put(approvalPolicy());
    stored(of, APPROVED);
    for (let call = 1; call < 40; call += 1)
      of.approvals.faults.push({ method: 'get', call, when: 'before', error: new Error('403') });
    await withEvent(of, 403);
    await keep(of, unasked(of.clock.now()));
    await pass(of, 10);
    expect(of.told).toContain('alarm Bypass');
    expect(of.told.join()).not.toContain('given back');
    await pass(of, 900);
    expect(of.told.at(-1)).toMatch(/^given back Refused .* refused each time$/);
  });

  const REFUSED: Record<string, (of: World) => void> = {
    'that is gone': () => undefined,
    'that does not bear our seal': (of) => stored(of, APPROVED, false),
    'that knows no such use': (of) => stored(of, { ...APPROVED, uses: [] }),
  };
  test.each(Object.entries(REFUSED))('is not given back in a request %s', async (_, put) => {
    const of = world();
    put(of);
    await withEvent(of, 403);
    expect(of.told.join()).toMatch(/^given back Refused/);
    expect(kinds(of)).not.toContain('GivenBack');
    expect(of.approvals.calls.writeStatus).toBe(0);
  });
});

test('[R23] a vote in the name of another revokes the request that it was counted for, once it is', async () => {
  const of = world();
  const { name, uid } = stored(of, { state: 'Pending', expiresAt: '2026-11-20T12:00:00Z' });
  const vote: ApprovalVote = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'ApprovalVote',
    metadata: { name: 'one', namespace: 'prod', uid: 'vote-uid' },
    spec: { request: name, requestUID: uid, digest: 'sha256:00', decision: 'Approve' },
  };
  of.votes.put(vote);
  await begin(of);
  await keep(
    of,
    writeEvent('create', {
      requestURI: '/apis/sallyport.dev/v1alpha1/namespaces/prod/approvalvotes',
      impersonatedUser: { username: 'bob', groups: ['sre'] },
      objectRef: { resource: 'approvalvotes', apiGroup: 'sallyport.dev', namespace: 'prod', name: 'one' },
    }),
  );
  await pass(of, 2);
  expect(of.told).toEqual(['alarm Impersonation']);
  const counted = {
    uid: 'vote-uid',
    name: 'one',
    person: 'bob',
    username: 'bob',
    decision: 'Approve',
    via: 'Kubernetes',
  } as const;
  stored(of, {
    state: 'Approved',
    expiresAt: '2026-11-20T12:00:00Z',
    votes: [{ ...counted, at: '2026-11-20T10:00:00Z' }],
  });
  await pass(of, 3);
  await eventually(() => of.told.length > 1, 'the revocation');
  expect(of.told).toEqual(['alarm Impersonation', 'revoked Done prod/one']);
  expect(of.approvals.all()[0]?.status).toMatchObject({
    state: 'Revoked',
    conditions: [{ type: 'Revoked', reason: 'Impersonated' }],
  });
});
