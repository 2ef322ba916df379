import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestSpec, RequestStatus } from '../../src/core/api/kinds.ts';
import { POLICIES, REQUESTS, VOTES } from '../../src/platform/kube/approvals.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { isApiError } from '../../src/platform/kube/errors.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import { type ResourceLocation, resourcePath } from '../../src/platform/kube/resource-path.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { approvalRequest } from '../builders/approval-request.ts';
import { approvalVote } from '../builders/approval-vote.ts';
import { achieves } from '../harness/achieves.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';

const LATER = '2030-01-01T00:00:00Z';

let plane: ControlPlane;
let admin: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane(18_900);
  ({ admin } = plane);
  await plane.apply(join(repositoryRoot(), 'deploy/namespace.yaml'));
  await plane.apply(join(repositoryRoot(), 'deploy'));
  await plane.apply(join(repositoryRoot(), 'crds'));
  await admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod' } });
  await achieves('our kinds to be served', async () => {
    for (const kind of [POLICIES, REQUESTS, VOTES]) await admin.list(resourcePath(kind));
  });
});

afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

type Stored = KubeObject & { readonly spec: RequestSpec; readonly status?: RequestStatus };

const VOTE = {
  uid: 'v1',
  name: 'n1',
  person: 'bob',
  username: 'bob',
  decision: 'Approve',
  via: 'Kubernetes',
  at: LATER,
} as const;
const USE = { id: 'u1', decision: 'u1', at: LATER, username: 'alice' };
const CONDITION = {
  type: 'Approved',
  status: 'True',
  reason: 'QuorumReached',
  message: 'm',
  lastTransitionTime: LATER,
} as const;

let count = 0;

/** Without our webhooks: the admin may write what the CRD lets through. */
async function stored(status?: RequestStatus, spec: Partial<RequestSpec> = {}): Promise<Stored> {
  count += 1;
  const { metadata, ...request } = approvalRequest(spec);
  const object = { ...request, metadata: { name: `request-${count}`, namespace: 'prod' } };
  const created = await admin.create<Stored>(resourcePath({ ...REQUESTS, namespace: 'prod' }), object);
  if (status === undefined) return created;
  return await admin.update<Stored>(pathOf(created, 'status'), { ...created, status });
}

function pathOf({ metadata: { name, namespace = '' } }: KubeObject, subresource?: string): string {
  return resourcePath({ ...REQUESTS, namespace, name, ...(subresource === undefined ? {} : { subresource }) });
}

async function outcome(write: Promise<unknown>): Promise<string> {
  try {
    await write;
    return 'allowed';
  } catch (error) {
    if (isApiError(error, 422)) return error.message;
    throw error;
  }
}

describe('without our webhooks, the CRD lets nobody', () => {
  const pending: RequestStatus = { state: 'Pending', votes: [VOTE], uses: [USE], conditions: [CONDITION] };
  const statuses: Record<string, readonly [RequestStatus, RequestStatus | null | undefined, string]> = {
    'take the status away with null': [pending, null, 'a status is never taken away'],
    'take the status away by leaving it out': [pending, undefined, 'a status is never taken away'],
    'empty the status': [pending, {}, 'a state is never taken away'],
    'take the state away': [pending, { ...pending, state: undefined as never }, 'a state is never taken away'],
    'lead from Denied to Approved': [{ state: 'Denied' }, { state: 'Approved' }, 'an ended request never changes'],
    'lead from Denied to Pending': [{ state: 'Denied' }, { state: 'Pending' }, 'an ended request never changes'],
    'lead from Approved back to Pending': [
      { state: 'Approved' },
      { state: 'Pending' },
      'an ended request never changes its state',
    ],
    'lead from Approved to Denied': [{ state: 'Approved' }, { state: 'Denied' }, 'an ended request never changes'],
    'lead from Expired to Approved': [{ state: 'Expired' }, { state: 'Approved' }, 'an ended request never changes'],
    'lead from Pending to Consumed': [{ state: 'Pending' }, { state: 'Consumed' }, 'an ended request never changes'],
    'take the votes away': [pending, { ...pending, votes: undefined as never }, 'a counted vote is never taken away'],
    'take one vote away': [pending, { ...pending, votes: [] }, 'a counted vote is never taken away'],
    'exchange a vote': [pending, { ...pending, votes: [{ ...VOTE, uid: 'v2' }] }, 'a counted vote is never taken away'],
    'change a vote': [
      pending,
      { ...pending, votes: [{ ...VOTE, decision: 'Deny' }] },
      'a counted vote is never changed',
    ],
    'take the uses away': [pending, { ...pending, uses: [] }, 'a use is never taken away'],
    'change who used': [pending, { ...pending, uses: [{ ...USE, username: 'eve' }] }, 'a use is never changed'],
    'change when it was used': [
      pending,
      { ...pending, uses: [{ ...USE, at: '2031-01-01T00:00:00Z' }] },
      'a use is never changed',
    ],
    'change the credential of a use': [
      { ...pending, uses: [{ ...USE, credential: 'c', targetUID: 't' }] },
      { ...pending, uses: [{ ...USE, credential: 'd', targetUID: 't' }] },
      'a use is never changed',
    ],
    'take the target of a use away': [
      { ...pending, uses: [{ ...USE, credential: 'c', targetUID: 't' }] },
      { ...pending, uses: [{ ...USE, credential: 'c' }] },
      'a use is never changed',
    ],
    'change when it ended': [
      { state: 'Denied', endedAt: LATER },
      { state: 'Denied', endedAt: '2031-01-01T00:00:00Z' },
      'the end of a request never changes',
    ],
    'take the conditions away': [pending, { ...pending, conditions: [] }, 'a condition is never taken away'],
    'turn a condition round': [
      pending,
      { ...pending, conditions: [{ ...CONDITION, status: 'False' }] },
      'a condition that is True stays as it is',
    ],
    'change what a condition says': [
      pending,
      { ...pending, conditions: [{ ...CONDITION, message: 'other' }] },
      'a condition that is True stays as it is',
    ],
    'say Approved and Denied': [
      pending,
      { ...pending, conditions: [CONDITION, { ...CONDITION, type: 'Denied' }] },
      'a request is never both Approved and Denied',
    ],
  };
  test.each(Object.entries(statuses))('%s', async (_sentence, [before, after, message]) => {
    const request = await stored(before);
    expect(await outcome(admin.update(pathOf(request, 'status'), { ...request, status: after }))).toContain(message);
    const body = { status: after === undefined ? null : after };
    const merged = await outcome(admin.patch(pathOf(request, 'status'), body, { type: 'merge' }));
    // A merge patch of {} changes nothing.
    if (after === null || after === undefined) expect(merged).toContain(message);
  });

  test('use a request that never was Approved', async () => {
    const request = await stored();
    const write = admin.update(pathOf(request, 'status'), { ...request, status: { state: 'Consumed' } });
    expect(await outcome(write)).toContain('a request is used only after it was Approved');
  });

  const NEVER = 'a request is never changed';
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const specs: Record<string, readonly [Partial<RequestSpec>, (spec: RequestSpec) => object | null, string]> = {
    'change the action': [{}, (spec) => ({ ...spec, action: { ...spec.action, name: 'other' } }), NEVER],
    'change the requester': [{}, (spec) => ({ ...spec, requester: { ...spec.requester, username: 'eve' } }), NEVER],
    'change the digest': [{}, (spec) => ({ ...spec, digest: digest('e') }), NEVER],
    'change the fingerprint': [{}, (spec) => ({ ...spec, fingerprint: digest('e') }), NEVER],
    'change the policies': [{}, (spec) => ({ ...spec, policies: [] }), NEVER],
    'take the policies away': [{}, ({ policies, ...spec }) => spec, NEVER],
    'take the requester away': [{}, ({ requester, ...spec }) => spec, NEVER],
    'take the digest away': [{}, ({ digest: _, ...spec }) => spec, NEVER],
    'add a ticket': [{}, (spec) => ({ ...spec, ticket: 'T-1' }), NEVER],
    'add a duration': [{}, (spec) => ({ ...spec, duration: '1h' }), NEVER],
    'add a seal': [{}, (spec) => ({ ...spec, seal: 'x' }), NEVER],
    'add a summary': [{}, (spec) => ({ ...spec, summary: { action: 'a', target: 't' } }), NEVER],
    'add an unbounded reason': [{}, (spec) => ({ ...spec, unbounded: 'x' }), NEVER],
    'stamp a request afterwards': [
      { digest: undefined as never, requester: undefined as never },
      (spec) => ({ ...spec, digest: digest('d'), requester: { username: 'alice' } }),
      NEVER,
    ],
    'give a reason twice': [{ reason: 'one' }, (spec) => ({ ...spec, reason: 'two' }), 'may be filled in once'],
    'take the reason away': [{ reason: 'one' }, ({ reason, ...spec }) => spec, 'may be filled in once'],
    'take the spec away': [{}, () => null, 'spec: '],
  };
  test.each(Object.entries(specs))('%s', async (_sentence, [before, change, message]) => {
    const request = await stored(undefined, before);
    expect(await outcome(admin.update(pathOf(request), { ...request, spec: change(request.spec) }))).toContain(message);
  });

  test('give a reason once it is Approved', async () => {
    const request = await stored({ state: 'Approved' });
    const write = admin.update(pathOf(request), { ...request, spec: { ...request.spec, reason: 'late' } });
    expect(await outcome(write)).toContain('may be filled in only while the request is Pending');
  });

  test('change a vote', async () => {
    const { metadata, ...vote } = approvalVote(approvalRequest(), 'Approve', { username: 'bob' });
    const votes: ResourceLocation = { ...VOTES, namespace: 'prod' };
    const object = { ...vote, metadata: { name: 'vote-1', namespace: 'prod' } };
    const created = await admin.create<KubeObject>(resourcePath(votes), object);
    const changed = { ...created, spec: { ...vote.spec, decision: 'Deny' } };
    expect(await outcome(admin.update(resourcePath({ ...votes, name: 'vote-1' }), changed))).toContain(
      'a vote is never changed',
    );
  });
});

describe('the CRD lets through', () => {
  const states: Record<string, readonly [RequestStatus | undefined, RequestStatus]> = {
    'the first status': [undefined, { state: 'Pending' }],
    'an approval': [{ state: 'Pending' }, { state: 'Approved', votes: [VOTE], conditions: [CONDITION] }],
    'a use after an approval': [{ state: 'Approved' }, { state: 'Consumed', uses: [USE] }],
    'a repeat of a use': [
      { state: 'Consumed', uses: [USE] } as never,
      { state: 'Consumed', uses: [{ ...USE, repeats: 1, repeatedAt: LATER }] },
    ],
    'a revocation after an approval': [{ state: 'Approved' }, { state: 'Revoked' }],
    'a second vote': [
      { state: 'Pending', votes: [VOTE] },
      { state: 'Pending', votes: [VOTE, { ...VOTE, uid: 'v2' }] },
    ],
  };
  test.each(Object.entries(states))('%s', async (_sentence, [before, after]) => {
    const first = before?.state === 'Consumed' ? await stored({ state: 'Approved' }) : await stored(before);
    const request =
      before?.state === 'Consumed'
        ? await admin.update<Stored>(pathOf(first, 'status'), { ...first, status: before })
        : first;
    expect(await outcome(admin.update(pathOf(request, 'status'), { ...request, status: after }))).toBe('allowed');
  });

  test('a reason, once', async () => {
    const request = await stored({ state: 'Pending' });
    const write = admin.update(pathOf(request), { ...request, spec: { ...request.spec, reason: 'INC-1' } });
    expect(await outcome(write)).toBe('allowed');
  });

  test('a policy', async () => {
    const { metadata, ...policy } = approvalPolicy();
    const object = { ...policy, metadata: { name: 'checked' } };
    expect(await outcome(admin.create(resourcePath(POLICIES), object))).toBe('allowed');
    await admin.delete(resourcePath({ ...POLICIES, name: 'checked' }));
  });
});
