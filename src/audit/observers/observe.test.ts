import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { execRequest } from '../../../test/builders/exec-request.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { sealsOf } from '../../../test/builders/seals.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote, RequestStatus } from '../../core/api/kinds.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { LedgerError } from '../../ports/ledger.ts';
import { observe } from './observe.ts';
import { openObserved } from './observed.ts';

const seals = sealsOf('ours');
let folder = '';
let path = '';
const clock = new FakeClock();
const running: { readonly stop: AbortController; readonly done: Promise<void> }[] = [];
beforeEach(async () => {
  folder = await testFolder();
  path = join(folder, 'cursors/observed.ndjson');
});
afterEach(async () => {
  await end();
});

function world() {
  const told: string[] = [];
  return {
    told,
    requests: new FakeWatched<ApprovalRequest>(),
    votes: new FakeWatched<ApprovalVote>(),
    policies: new FakeWatched<ApprovalPolicy>(),
    ledger: new FakeLedger(clock),
  };
}
type World = ReturnType<typeof world>;

const idsIn = ({ ledger }: World) => ledger.records.map(({ id }) => id);

async function begin(of: World, ledgerId = 'ledger-1'): Promise<void> {
  const stop = new AbortController();
  const events = {
    kept: () => undefined,
    waiting: () => undefined,
    failed: () => of.told.push('failed'),
    recovered: () => of.told.push('recovered'),
    refused: (id: string) => of.told.push(`refused ${id}`),
  };
  const observed = await openObserved(path, ledgerId);
  running.push({
    stop,
    done: observe({ ...of, seals, observed, clock, random: () => 0, events }, { waiting: 50, batch: 7 }, stop.signal),
  });
}

async function end(): Promise<void> {
  for (const { stop, done } of running.splice(0)) {
    stop.abort(new Error('stopped'));
    await done;
  }
}

const said = (of: World, count: number) =>
  eventually(() => of.ledger.records.length >= count, `${count} records, not ${idsIn(of).join(' ')}`);

/** A request as we seal it, in this status. */
function request(name: string, status?: RequestStatus, sealed = true): ApprovalRequest {
  const requester = { username: 'alice', groups: ['developers'], class: 'Human' as const, person: 'Alice' };
  const { spec, metadata, ...rest } = execRequest({ spec: { requester } });
  const uid = `uid-${name}`;
  const withSeal = { ...spec, seal: seals.request('prod', spec) };
  return {
    ...rest,
    metadata: { ...metadata, name, namespace: 'prod', uid, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: withSeal,
    ...(status === undefined ? {} : { status: { ...status, seal: sealed ? seals.status(uid, status) : 'v1.forged' } }),
  };
}

const APPROVED: RequestStatus = {
  state: 'Approved',
  conditions: [
    {
      type: 'Approved',
      status: 'True',
      reason: 'Quorum',
      message: 'approved by bob',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    },
  ],
};
const USED: RequestStatus = {
  ...APPROVED,
  state: 'Consumed',
  endedAt: '2026-01-01T00:02:00Z',
  uses: [{ id: 'd1', decision: 'd1', at: '2026-01-01T00:02:00Z', username: 'alice' }],
};

function vote(of: ApprovalRequest, sealed = true): ApprovalVote {
  const cast = approvalVote(of, 'Approve', { username: 'bob' });
  const { name, namespace = '' } = cast.metadata;
  return { ...cast, spec: { ...cast.spec, seal: sealed ? seals.vote(namespace, name, cast.spec) : 'v1.forged' } };
}

describe('what happens comes into the ledger', () => {
  test('step by step, each thing once, joined by the decision', async () => {
    const of = world();
    await begin(of);
    of.policies.put(approvalPolicy());
    of.requests.put(request('r1'));
    of.requests.put(request('r1', { state: 'Pending' }));
    of.votes.put(vote(request('r1')));
    of.requests.put(request('r1', APPROVED));
    of.requests.put(request('r1', USED));
    of.requests.put(request('r1', USED));
    await said(of, 6);
    expect(idsIn(of)).toEqual([
      'policy/prod-shells-uid/1',
      'request/uid-r1/Pending',
      `vote/${vote(request('r1')).metadata.uid}`,
      'request/uid-r1/Approved',
      'use/d1',
      'request/uid-r1/Consumed',
    ]);
    expect(of.ledger.records.map(({ data }) => data)).toMatchObject([
      { name: 'prod-shells', change: 'Stored', generation: 1 },
      { state: 'Pending', request: 'prod/r1', at: '2026-01-01T00:00:00Z', action: { resource: 'pods' } },
      { decision: 'Approve', request: 'prod/r1', voter: { username: 'bob' }, via: 'Kubernetes' },
      { state: 'Approved', at: '2026-01-01T00:01:00Z', because: 'approved by bob' },
      { decision: 'd1', request: 'prod/r1', username: 'alice', person: 'Alice', at: '2026-01-01T00:02:00Z' },
      { state: 'Consumed', at: '2026-01-01T00:02:00Z' },
    ]);
    expect(JSON.stringify(of.ledger.records)).not.toContain('unsealed');
  });

  test('all of it, where the first look is after the use', async () => {
    const of = world();
    of.requests.put(request('r1', USED));
    await begin(of);
    await said(of, 4);
    expect(idsIn(of)).toEqual([
      'request/uid-r1/Pending',
      'request/uid-r1/Approved',
      'use/d1',
      'request/uid-r1/Consumed',
    ]);
  });

  test('once over restarts, and only what is new is told', async () => {
    const of = world();
    of.requests.put(request('r1', APPROVED));
    of.policies.put(approvalPolicy());
    await begin(of);
    await said(of, 3);
    await end();
    // A ledger that has forgotten which ids it has seen.
    const later = { ...world(), requests: of.requests, policies: of.policies };
    of.requests.put(request('r1', USED));
    await begin(later);
    await said(later, 2);
    expect(idsIn(later)).toEqual(['use/d1', 'request/uid-r1/Consumed']);
  });

  test('again, where the ledger is another one', async () => {
    const of = world();
    of.requests.put(request('r1'));
    await begin(of);
    await said(of, 1);
    await end();
    const other = { ...world(), requests: of.requests };
    await begin(other, 'ledger-2');
    await said(other, 1);
    expect(idsIn(other)).toEqual(['request/uid-r1/Pending']);
  });

  test('a policy that changes, and one that is removed, even where nobody looked', async () => {
    const of = world();
    await begin(of);
    const policy = approvalPolicy();
    of.policies.put(policy);
    of.policies.put({ ...policy, metadata: { ...policy.metadata, generation: 2 } });
    of.policies.put(approvalPolicy({}, 'other'));
    of.policies.remove('other');
    await said(of, 4);
    await end();
    of.policies.remove('prod-shells');
    const later = { ...world(), policies: of.policies };
    await begin(later);
    await said(later, 1);
    expect([...idsIn(of), ...idsIn(later)]).toEqual([
      'policy/prod-shells-uid/1',
      'policy/prod-shells-uid/2',
      'policy/other-uid/1',
      'policy/other-uid/removed',
      'policy/prod-shells-uid/removed',
    ]);
    expect(later.ledger.records[0]?.data).toMatchObject({ change: 'Removed', name: 'prod-shells', generation: 2 });
  });
});

describe('[R15] what carries no seal of ours', () => {
  test('is told as not genuine, under an id of its own, and never hides the genuine one', async () => {
    const of = world();
    await begin(of);
    of.requests.put(request('r1', USED, false));
    of.votes.put(vote(request('r1'), false));
    await said(of, 5);
    of.requests.put(request('r1', APPROVED));
    await said(of, 6);
    expect(of.ledger.records.map(({ id, data }) => [id.replace(/^vote.*(?=\/)/, 'vote'), 'unsealed' in data])).toEqual([
      ['request/uid-r1/Pending', false],
      ['request/uid-r1/Approved/unsealed', true],
      ['use/d1/unsealed', true],
      ['request/uid-r1/Consumed/unsealed', true],
      ['vote/unsealed', true],
      ['request/uid-r1/Approved', false],
    ]);
  });

  test('a request itself', async () => {
    const of = world();
    const genuine = request('r1');
    of.requests.put({ ...genuine, spec: { ...genuine.spec, digest: 'sha256:forged' } });
    await begin(of);
    await said(of, 1);
    expect(idsIn(of)).toEqual(['request/uid-r1/Pending/unsealed']);
  });
});

describe('while the ledger refuses', () => {
  test('nothing is lost, and it is said once', async () => {
    const of = world();
    of.ledger.failure = new LedgerError('Unwritable', 'ENOSPC');
    await begin(of);
    of.requests.put(request('r1'));
    await eventually(() => of.told.length > 0, 'the failure');
    of.requests.put(request('r1', USED));
    await clock.advance(30_000);
    expect(of.told).toEqual(['failed']);
    of.ledger.failure = undefined;
    await clock.advance(20_000);
    await said(of, 4);
    await eventually(() => of.told.includes('recovered'), 'the recovery');
    expect(idsIn(of)).toHaveLength(4);
  });

  test('no more than a bounded number waits, and the rest is found again', async () => {
    const of = world();
    of.ledger.failure = new LedgerError('Busy', 'full');
    await begin(of);
    for (let n = 0; n < 260; n += 1) of.policies.put(approvalPolicy({}, `p${n}`));
    await clock.advance(20_000);
    of.ledger.failure = undefined;
    await clock.advance(20_000);
    await said(of, 260);
    expect(new Set(idsIn(of)).size).toBe(260);
  });

  test('what it will never take is left out, alone', async () => {
    const of = world();
    const append = of.ledger.append.bind(of.ledger);
    of.ledger.append = async (submissions) => {
      if (submissions.some(({ id }) => id.includes('uid-r2'))) throw new LedgerError('Rejected', 'too long');
      return await append(submissions);
    };
    for (const name of ['r1', 'r2', 'r3']) of.requests.put(request(name));
    await begin(of);
    await said(of, 2);
    expect(idsIn(of)).toEqual(['request/uid-r1/Pending', 'request/uid-r3/Pending']);
    expect(of.told).toEqual(['refused request/uid-r2/Pending']);
  });
});

test('what is gone is forgotten, and a torn line costs nothing else', async () => {
  const observed = await openObserved(path, 'ledger-1');
  // It names people's requests and votes.
  expect((await stat(join(folder, 'cursors'))).mode & 0o777).toBe(0o700);
  await observed.add(Array.from({ length: 12_000 }, (_, n) => ({ uid: `uid-${n}`, tail: 'Pending' })));
  await observed.keepOnly(new Set(['uid-1', 'uid-2']));
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
  await appendFile(path, '["uid-9","Pen');
  const again = await openObserved(path, 'ledger-1');
  expect([again.has('uid-1', 'Pending'), again.has('uid-3', 'Pending')]).toEqual([true, false]);
});
