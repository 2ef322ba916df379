import { beforeAll, describe, expect, test } from 'vitest';
import { buildVote } from '../../src/core/approval/act.ts';
import { kubectl, must, sallyport } from './harness/kubectl.ts';
import { ask, cast, expectAccepted, expectRefused } from './harness/own-kinds.ts';
import {
  denialCode,
  deniedRequest,
  enforce,
  EXEC_RULE,
  policySpec,
  request,
  scene,
  waitForState,
} from './harness/scene.ts';

/** admin is in system:masters and may impersonate anybody; bob is of group sre. */
const AS_BOB = ['--as=bob', '--as-group=sre'];

let namespace = '';
beforeAll(async () => {
  ({ namespace } = await scene('impersonation'));
}, 120_000);

test('[R23] a vote as bob that bob did not cast is refused, and says why', async () => {
  const asked = await ask(namespace, 'echo', 'vote');
  for (const decision of ['Approve', 'Deny'] as const) {
    const vote = buildVote(asked, 'bob', decision, undefined);
    const result = await kubectl('admin', ['create', '-f', '-', ...AS_BOB], { stdin: JSON.stringify(vote) });
    expectRefused(result, /credential-id.*impersonated.*identities\.impersonation/s);
  }
  expectAccepted({ ...(await cast('bob', asked, 'Approve')), stdout: '' });
  await waitForState(namespace, asked.metadata.name ?? '', 'Approved');
});

test('[R23] a request as alice that alice did not make says so, wherever it is shown', async () => {
  const result = await kubectl('admin', [
    'exec',
    '-n',
    namespace,
    'web-0',
    '--as=alice',
    '--as-group=developers',
    '--',
    'id',
  ]);
  expectRefused(result, /exec id \(impersonated\)/);
  const { name } = deniedRequest(result);
  expect((await request(namespace, name)).spec.requester).toMatchObject({ username: 'alice', impersonated: true });
  expect(await must('bob', ['get', 'approvals', '-n', namespace])).toContain('exec id (impersonated)');
  expect((await sallyport('bob', ['show', '-n', namespace, name])).stdout).toContain(
    'The requester was impersonated by somebody else.',
  );
  expect((await sallyport('bob', ['list', '-n', namespace])).stdout).toContain('alice (impersonated)');
});

test('a request that alice makes herself does not', async () => {
  const { spec } = await ask(namespace, 'echo', 'herself');
  expect(spec.requester).not.toHaveProperty('impersonated');
  expect(spec.summary?.action).toBe('exec echo herself');
});

const SALLYPORT = 'system:serviceaccount:sallyport-system:sallyport';
const COLLECTOR = 'system:serviceaccount:kube-system:generic-garbage-collector';
const as = (username: string, ...groups: readonly string[]) => [
  `--as=${username}`,
  ...['system:masters', ...groups].map((group) => `--as-group=${group}`),
];

describe('[R23] who takes the name of the cluster itself, or ours, and the groups of cluster-admin,', () => {
  test('waits as everybody does', async () => {
    const writes = { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE' as const], resources: ['configmaps'] };
    await enforce(namespace, policySpec(namespace, [EXEC_RULE, writes]));
    const create = ['create', 'configmap', 'impersonated', '-n', namespace];
    for (const user of [
      as('system:kube-x'),
      as('system:kube-scheduler'),
      as('system:apiserver'),
      as('system:node:none', 'system:nodes'),
      as(COLLECTOR),
      as(SALLYPORT),
    ]) {
      const result = await kubectl('admin', [...create, ...user]);
      expect([user[0], denialCode(result)]).toEqual([user[0], 'ApprovalRequired']);
    }
  });

  test('does not pass the fence', async () => {
    for (const [user, ...args] of [
      [as(SALLYPORT), 'delete', 'validatingwebhookconfiguration', 'sallyport-gate'],
      [as(SALLYPORT), 'delete', 'secret', 'sallyport-keys', '-n', 'sallyport-system'],
      [as('system:node:none', 'system:nodes'), 'create', 'token', 'sallyport', '-n', 'sallyport-system'],
    ] as const) {
      expectRefused(await kubectl('admin', [...args, ...user]), /the gate stands on this object/);
    }
  });

  test('[R20] does not delete evidence, nor write a status', async () => {
    const asked = await ask(namespace, 'echo', 'evidence');
    const name = asked.metadata.name ?? '';
    for (const user of [as(SALLYPORT), as(COLLECTOR)]) {
      const result = await kubectl('admin', ['delete', 'approvalrequest', name, '-n', namespace, ...user]);
      expectRefused(result, /is evidence and is not deleted by hand/);
    }
    const patch = JSON.stringify({ status: { state: 'Approved' } });
    const write = ['patch', 'approvalrequest', name, '-n', namespace, '--subresource=status', '--type=merge', '-p'];
    expectRefused(await kubectl('admin', [...write, patch, ...as(SALLYPORT)]), /is written by Sallyport alone/);
    expect((await request(namespace, name)).status?.state).toBe('Pending');
  });
});
