import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest, PolicySpec } from '../../src/core/api/kinds.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { kubectl, must, mustApply, sallyport } from './harness/kubectl.ts';
import { ask, cast, expectAccepted, expectRefused } from './harness/own-kinds.ts';
import { deniedRequest, EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';

/** bob may impersonate alice; nobody else of sre may. sre may edit everywhere, nadmin may only vote here. */
let namespace = '';

const RBAC = 'rbac.authorization.k8s.io';

const roleRef = (name: string) => ({ apiGroup: RBAC, kind: 'ClusterRole', name });

const objects = () => [
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: namespace },
    rules: [{ apiGroups: [''], resources: ['users'], resourceNames: ['alice'], verbs: ['impersonate'] }],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: namespace },
    roleRef: roleRef(namespace),
    subjects: [{ kind: 'User', name: 'bob', apiGroup: RBAC }],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'nadmin', namespace },
    roleRef: roleRef('sallyport-approver'),
    subjects: [{ kind: 'User', name: 'nadmin', apiGroup: RBAC }],
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'robot', namespace },
    roleRef: roleRef('edit'),
    subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace }],
  },
];

beforeAll(async () => {
  const strict = (spec: PolicySpec): PolicySpec => ({
    ...spec,
    approval: {
      separation: 'Strict',
      stages: [
        {
          name: 'sre',
          approvers: [
            { kind: 'Group', name: 'sre' },
            { kind: 'User', name: 'nadmin' },
          ],
        },
      ],
    },
  });
  ({ namespace } = await scene('separate', [EXEC_RULE], strict));
  await mustApply('admin', ...objects());
  // The authorizer hears of a new binding a moment later.
  await achieves('bob may impersonate alice', () => must('bob', ['auth', 'can-i', 'impersonate', 'users/alice']));
  const robot = ['auth', 'can-i', 'create', 'pods/exec', '-n', namespace, '--as', robotName()];
  await achieves('the robot may exec', () => must('admin', robot));
});

afterAll(async () => {
  await must('admin', ['delete', 'clusterrolebinding,clusterrole', namespace]);
});

const robotName = () => `system:serviceaccount:${namespace}:robot`;

async function pending({ metadata }: ApprovalRequest): Promise<void> {
  const { status } = await request(namespace, metadata.name ?? '');
  expect(status?.state ?? 'Pending').toBe('Pending');
}

describe('a policy with strict separation', () => {
  test(`${verifies('R21', 'README-separation')}does not count who may impersonate the requester, and counts who may not`, async () => {
    const asked = await ask(namespace, 'echo', 'separate');
    const name = asked.metadata.name ?? '';
    const why =
      /bob could act as the requester \(impersonate user alice\), and policy \S+ counts only who cannot \[sallyport code=NotSeparate/;
    expectRefused(await cast('bob', asked, 'Approve'), why);
    expectRefused(await sallyport('bob', ['approve', '-n', namespace, name, '--yes']), /could act as the requester/);
    const forged = await cast('bob', asked, 'Approve', (vote) => ({
      ...vote,
      spec: { ...vote.spec, separation: { checked: true } },
    }));
    expectRefused(forged, /spec\.separation is not for you to set/);
    await pending(asked);

    expectAccepted(await cast('carol', asked, 'Approve'));
    await waitForState(namespace, name, 'Approved');
    expect((await exec('alice', namespace, 'echo', 'separate')).stdout).toBe('separate\n');
  });

  test(`${verifies('R21')}lets who is not counted say no`, async () => {
    const asked = await ask(namespace, 'echo', 'denied');
    expectAccepted(await cast('bob', asked, 'Deny'));
    await waitForState(namespace, asked.metadata.name ?? '', 'Denied');
  });

  test(`${verifies('R21')}does not count who can have the token of the ServiceAccount that asks`, async () => {
    const refused = await kubectl('admin', ['exec', '-n', namespace, 'web-0', '--as', robotName(), '--', 'id']);
    const { name } = deniedRequest(refused);
    const asked = await request(namespace, name);
    expect(asked.spec.requester?.username).toBe(robotName());
    expectRefused(await cast('carol', asked, 'Approve'), /carol could act as the requester \(.*code=NotSeparate/);
    await pending(asked);
    expectAccepted(await cast('nadmin', asked, 'Approve'));
    await waitForState(namespace, name, 'Approved');
  });
});
