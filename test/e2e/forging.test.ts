import { beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { json, kubectl, mustApply, type Result, sallyport, type User } from './harness/kubectl.ts';
import { expectAccepted, ask, cast, create, execAction, expectRefused, written } from './harness/own-kinds.ts';
import { denialCode, EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';

const SHA = `sha256:${'0'.repeat(64)}`;
const REQUESTS = 'approvalrequests.sallyport.dev';
const VOTES = 'approvalvotes.sallyport.dev';

let namespace = '';
/** Pending, with bob's vote of two on it. */
let pending: ApprovalRequest;
let vote: ApprovalVote;
/** Denied by bob. */
let ended: ApprovalRequest;
/** All of the namespace's requests and votes, as they stay whatever is tried. */
let untouched: unknown;

beforeAll(async () => {
  ({ namespace } = await scene('forge', [EXEC_RULE], (spec) => ({
    ...spec,
    approval: { stages: [{ name: 'sre', required: 2, approvers: [{ kind: 'Group', name: 'sre' }] }] },
  })));
  await mustApply('admin', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'nadmin', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    subjects: [{ kind: 'User', name: 'nadmin', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  const [first, second] = [await ask(namespace, 'echo', 'pending'), await ask(namespace, 'echo', 'ended')];
  expectAccepted(await cast('bob', first, 'Approve'));
  expectAccepted(await cast('bob', second, 'Deny'));
  ended = await waitForState(namespace, second.metadata.name ?? '', 'Denied');
  for (let counted = 0; counted === 0; ) {
    pending = await request(namespace, first.metadata.name ?? '');
    counted = pending.status?.votes?.length ?? 0;
  }
  const { items } = await json<{ items: ApprovalVote[] }>('admin', ['get', VOTES, '-n', namespace]);
  vote = items.find(({ spec }) => spec.requestUID === pending.metadata.uid) as ApprovalVote;
  untouched = await everything();
});

type Attempt = (user: User) => Promise<Result>;

const requestPath = () => `/apis/sallyport.dev/v1alpha1/namespaces/${namespace}/approvalrequests`;
const votePath = () => `/apis/sallyport.dev/v1alpha1/namespaces/${namespace}/approvalvotes`;

const patch =
  (kind: string, object: () => ApprovalRequest | ApprovalVote, change: object, ...more: readonly string[]): Attempt =>
  (user) =>
    kubectl(user, [
      'patch',
      kind,
      object().metadata.name ?? '',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      JSON.stringify(change),
      ...more,
    ]);
const patchRequest = (change: object) => patch(REQUESTS, () => pending, change);
const patchStatus = (status: unknown, of = () => pending) => patch(REQUESTS, of, { status }, '--subresource=status');
const replaceStatus =
  (status: unknown): Attempt =>
  (user) =>
    kubectl(user, ['replace', '--subresource=status', '-f', '-'], { stdin: JSON.stringify({ ...pending, status }) });
const replace =
  (change: () => object): Attempt =>
  (user) =>
    kubectl(user, ['replace', '-f', '-'], { stdin: JSON.stringify({ ...pending, ...change() }) });
const remove =
  (...args: readonly string[]): Attempt =>
  (user) =>
    kubectl(user, ['delete', '-n', namespace, ...args, '--wait=false']);

const APPROVED = {
  type: 'Approved',
  status: 'True',
  reason: 'X',
  message: 'x',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: '00000000-0000-0000-0000-000000000000' };

/** Whichever comes first: RBAC, which lets a cluster administrator through, the rules of the kind, or our webhook. */
const STATUS =
  /status of an ApprovalRequest is written by Sallyport alone|is never taken away|never changes its state|cannot (get|patch|update)/;
const DELETE = /is evidence and is not deleted by hand|cannot delete/;
const CHANGED = /a request is never changed/;

const FORGERIES: Readonly<Record<string, readonly [Attempt, RegExp]>> = {
  'a state': [patchStatus({ state: 'Approved' }), STATUS],
  'a condition': [patchStatus({ conditions: [APPROVED] }), STATUS],
  'a stage that is complete': [
    (user) =>
      patchStatus({ stages: pending.status?.stages?.map((stage) => ({ ...stage, approved: 2 })), approvals: '2/2' })(
        user,
      ),
    STATUS,
  ],
  'a counted vote': [
    (user) =>
      patchStatus({ votes: [...(pending.status?.votes ?? []), { ...pending.status?.votes?.[0], uid: 'x' }] })(user),
    STATUS,
  ],
  'no counted votes': [patchStatus({ votes: null }), STATUS],
  'a later expiry': [patchStatus({ expiresAt: '2099-01-01T00:00:00Z' }), STATUS],
  'a state again of what has ended': [patchStatus({ state: 'Pending' }, () => ended), STATUS],
  'status: null on /status': [patchStatus(null), STATUS],
  'a replaced status': [replaceStatus({ state: 'Approved' }), STATUS],
  'a replaced status: null': [replaceStatus(null), STATUS],
  'spec: null on /status': [patch(REQUESTS, () => pending, { spec: null }, '--subresource=status'), STATUS],
  'spec: null': [patchRequest({ spec: null }), /spec: Required value/],
  'a replaced spec: null': [replace(() => ({ spec: null })), /spec: (Required|Invalid) value/],
  'another command': [patchRequest({ spec: { action: { exec: { command: ['sh'] } } } }), CHANGED],
  'another digest': [patchRequest({ spec: { digest: SHA } }), CHANGED],
  'no digest': [patchRequest({ spec: { digest: null } }), CHANGED],
  'no policies': [patchRequest({ spec: { policies: null } }), CHANGED],
  'easier policies': [
    (user) => {
      const policies = structuredClone(pending.spec.policies ?? []);
      for (const { terms } of policies) for (const stage of terms.stages) stage.required = 1;
      return patchRequest({ spec: { policies } })(user);
    },
    CHANGED,
  ],
  'another summary': [patchRequest({ spec: { summary: { action: 'exec true' } } }), CHANGED],
  'another requester': [patchRequest({ spec: { requester: { username: 'nadmin', person: 'nadmin' } } }), CHANGED],
  'a seal': [patchRequest({ spec: { seal: 'x' } }), CHANGED],
  'a ticket afterwards': [patchRequest({ spec: { ticket: 'CHG-1' } }), CHANGED],
  'a spec replaced by another': [replace(() => ({ spec: { action: execAction(namespace, 'sh') } })), CHANGED],
  'a reason for somebody else': [
    patchRequest({ spec: { reason: 'trust me' } }),
    /only its requester may give the reason of a request/,
  ],
  'a reason after the end': [
    patch(REQUESTS, () => ended, { spec: { reason: 'but' } }),
    /the reason may be filled in only while the request is Pending/,
  ],
  'an owner that is not there, for the garbage collector': [
    patchRequest({ metadata: { ownerReferences: [OWNER] } }),
    /metadata\.ownerReferences is not for you to set/,
  ],
  'a finalizer': [
    patchRequest({ metadata: { finalizers: ['example.com/keep'] } }),
    /metadata\.finalizers is not for you to set/,
  ],
  'an owner, by /status': [
    patch(REQUESTS, () => pending, { metadata: { ownerReferences: [OWNER] } }, '--subresource=status'),
    STATUS,
  ],
  'the end of a request': [(user) => remove(REQUESTS, pending.metadata.name ?? '')(user), DELETE],
  'the end of a request that has ended': [(user) => remove(REQUESTS, ended.metadata.name ?? '')(user), DELETE],
  'the end of all requests': [(user) => remove('--raw', requestPath())(user), DELETE],
  'the end of a vote': [(user) => remove(VOTES, vote.metadata.name ?? '')(user), DELETE],
  'the end of all votes': [(user) => remove('--raw', votePath())(user), DELETE],
  'another decision in a vote': [
    patch(VOTES, () => vote, { spec: { decision: 'Deny' } }),
    /a vote is never changed|an ApprovalVote is never changed|cannot patch/,
  ],
  'another owner of a vote': [
    patch(VOTES, () => vote, { metadata: { ownerReferences: [OWNER] } }),
    /an ApprovalVote is never changed|cannot patch/,
  ],
  'a label on a vote': [
    patch(VOTES, () => vote, { metadata: { labels: { a: 'b' } } }),
    /an ApprovalVote is never changed|cannot patch/,
  ],
  'a request in the name of another': [
    (user) =>
      create(
        user,
        written(namespace, 'forged', execAction(namespace, 'echo', 'x'), { requester: { username: 'alice' } }),
      ),
    /spec\.requester is not what it would be/,
  ],
  'a vote in the name of another': [
    (user) =>
      cast(user, pending, 'Approve', (mine) => ({
        ...mine,
        spec: { ...mine.spec, voter: { username: 'carol', groups: ['sre'], person: 'carol' } },
      })),
    /spec\.voter is not what it would be/,
  ],
};

async function everything(): Promise<unknown> {
  const { items } = await json<{ items: object[] }>('admin', ['get', `${REQUESTS},${VOTES}`, '-n', namespace]);
  return items;
}

describe.each<[string, User]>([
  ['the administrator of a namespace', 'nadmin'],
  ['the cluster administrator', 'admin'],
])('%s does not forge', (_, user) => {
  test.concurrent.each(Object.keys(FORGERIES))(`${verifies('R20')}%s`, async (name) => {
    const [attempt, why] = FORGERIES[name] as (typeof FORGERIES)[string];
    expectRefused(await attempt(user), why);
    expect(await everything()).toEqual(untouched);
  });

  test(`${verifies('R20')}status: null on the request itself, which the API server does not read`, async () => {
    const before = await request(namespace, pending.metadata.name ?? '');
    await patchRequest({ status: null })(user);
    await replace(() => ({ status: null }))(user);
    expect(await request(namespace, pending.metadata.name ?? '')).toEqual(before);
  });
});

describe('the requester', () => {
  test(`${verifies('R20')}gives a reason once, and never another`, async () => {
    expectAccepted(await patchRequest({ spec: { reason: 'INC-1' } })('alice'));
    expectRefused(
      await patchRequest({ spec: { reason: 'INC-2' } })('alice'),
      /the reason may be filled in once, not changed/,
    );
    expectRefused(
      await patchRequest({ spec: { reason: null } })('alice'),
      /the reason may be filled in once, not changed/,
    );
    expect((await request(namespace, pending.metadata.name ?? '')).spec.reason).toBe('INC-1');
    expectRefused(
      await patch(REQUESTS, () => ended, { spec: { reason: 'late' } })('alice'),
      /the reason may be filled in only while the request is Pending/,
    );
  });

  test(`${verifies('R20')}and after all of that the request is approved and used as it was asked`, async () => {
    expect(denialCode(await exec('alice', namespace, 'echo', 'pending'))).toBe('ApprovalRequired');
    const second = await sallyport('carol', ['approve', '-n', namespace, pending.metadata.name ?? '', '--yes']);
    expect(second.code).toBe(0);
    const result = await exec('alice', namespace, 'echo', 'pending');
    expect(result.stdout).toBe('pending\n');
  });
});
