import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ApprovalPolicy, PolicySpec } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, kubectl, must, type Result } from './harness/kubectl.ts';
import { ask, expectRefused, policyObject } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  deniedRequest,
  EXEC_RULE,
  enforce,
  exec,
  policySpec,
  request,
  scene,
  waitForState,
} from './harness/scene.ts';

const PRESET = new URL('../../examples/policies/zz-policy-changes.yaml', import.meta.url);

describe('the life of a policy', () => {
  let namespace = '';
  let name = '';
  beforeAll(async () => {
    ({ namespace, policy: name } = await scene('policy'));
  });

  const spec = (change: (spec: PolicySpec) => PolicySpec = (same) => same) =>
    policySpec(namespace, [EXEC_RULE], change);

  test('its conditions say that it compiles and that the API server asks for it', async () => {
    const { metadata, status } = await json<ApprovalPolicy>('admin', ['get', `approvalpolicy/${name}`]);
    expect(status?.observedGeneration).toBe(metadata.generation);
    const conditions = Object.fromEntries((status?.conditions ?? []).map((each) => [each.type, each.status]));
    expect(conditions).toEqual({ Ready: 'True', Enforced: 'True' });
    const columns = await must('admin', ['get', 'apol', name]);
    expect(columns).toMatch(/NAME +MODE +READY +ENFORCED +AGE/);
  });

  test('nobody else writes its status', async () => {
    const patch = '{"status":{"conditions":[]}}';
    const status = ['patch', `approvalpolicy/${name}`, '--subresource=status', '--type=merge', '-p', patch];
    expectRefused(await kubectl('admin', status), /the status of an ApprovalPolicy is written by its controller alone/);
  });

  test(`${verifies('R30')}other terms end what is open under the old ones; a new description does not`, async () => {
    const pending = await ask(namespace, 'echo', 'pending');
    const approved = await ask(namespace, 'echo', 'approved');
    await approve('bob', { namespace, name: approved.metadata.name ?? '' });

    await enforce(
      name,
      spec((old) => ({ ...old, description: 'said otherwise' })),
    );
    expect((await request(namespace, pending.metadata.name ?? '')).status?.state).toBe('Pending');
    expect((await request(namespace, approved.metadata.name ?? '')).status?.state).toBe('Approved');

    const stages = [{ name: 'lead', required: 1, approvers: [{ kind: 'User' as const, name: 'carol' }] }];
    await enforce(
      name,
      spec((old) => ({ ...old, approval: { ...old.approval, stages } })),
    );
    for (const each of [pending, approved]) {
      const { status } = await waitForState(namespace, each.metadata.name ?? '', 'Revoked');
      expect(status?.conditions?.find(({ type }) => type === 'Revoked')?.reason).toBe('PolicyChanged');
    }
    expect(denialCode(await exec('alice', namespace, 'echo', 'approved'))).toBe('Revoked');

    const anew = await exec('alice', namespace, 'echo', 'anew');
    expect(anew.stderr).toContain('needs 1 of carol');
    await approve('carol', deniedRequest(anew));
    expect((await exec('alice', namespace, 'echo', 'anew')).stdout).toBe('anew\n');
  });

  test(`${verifies('R30')}a policy that is added is asked as well, for what was approved before it`, async () => {
    const before = await ask(namespace, 'echo', 'both');
    await approve('carol', { namespace, name: before.metadata.name ?? '' });
    const leads = [{ name: 'lead', required: 1, approvers: [{ kind: 'User' as const, name: 'bob' }] }];
    await enforce(
      `${name}-too`,
      spec((old) => ({ ...old, approval: { ...old.approval, stages: leads } })),
    );

    const attempt = () => exec('alice', namespace, 'echo', 'both');
    const denied = await attempt();
    expect(denied.stderr).toContain(`needs 1 of carol (policy ${name}) and 1 of bob (policy ${name}-too)`);
    const asked = deniedRequest(denied);
    expect(asked.name).not.toBe(before.metadata.name);
    expect(deniedRequest(await attempt())).toEqual(asked);
    await approve('bob', asked);
    expect((await attempt()).stderr).toContain(`needs 1 of carol (policy ${name}). NOT executed`);
    await approve('carol', asked);
    expect((await attempt()).stdout).toBe('both\n');
    expect((await request(namespace, before.metadata.name ?? '')).status?.state).toBe('Approved');
    await must('admin', ['delete', `approvalpolicy/${name}-too`]);
  });

  test('a rule that is added gates from then on', async () => {
    const free = await kubectl('alice', ['create', 'configmap', 'before', '-n', namespace]);
    expect(free.code).toBe(0);
    const added = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE' as const], resources: ['configmaps'] };
    await enforce(name, policySpec(namespace, [EXEC_RULE, added]));
    const gated = await kubectl('alice', ['create', 'configmap', 'after', '-n', namespace]);
    expect(denialCode(gated)).toBe('ApprovalRequired');
    await enforce(name, spec());
  });

  test(`${verifies('R31')}changes of policies wait for the preset in examples, its own removal too`, async () => {
    const preset = parse(await readFile(PRESET, 'utf8')) as ApprovalPolicy;
    const guard = `${name}-guard`;
    // On a cluster that tests share, the preset is about two policies by name.
    const guarded = preset.spec.match.resourceRules.map((each) => ({ ...each, resourceNames: [guard, name] }));
    await enforce(guard, { ...preset.spec, match: { ...preset.spec.match, resourceRules: guarded } });

    const description = (text: string) => policyObject(name, { ...spec(), description: text });
    const change = () => apply('admin', description('looser'));
    const remove = (which: string) => kubectl('admin', ['delete', `approvalpolicy/${which}`]);
    const denied = [await change(), await remove(name), await remove(guard)];
    expect(denied.map(denialCode)).toEqual(['ApprovalRequired', 'ApprovalRequired', 'ApprovalRequired']);
    expect(deniedRequest(await change()).namespace).toBe('sallyport-system');

    await approve('bob', deniedRequest(denied[0] as Result));
    expect((await change()).code).toBe(0);
    await approve('bob', deniedRequest(denied[2] as Result));
    expect((await remove(guard)).code).toBe(0);
  });

  test(`${verifies('R30')}deleted, it revokes what it asked for, and asks for nothing more`, async () => {
    const open = await ask(namespace, 'echo', 'free');
    await must('admin', ['delete', `approvalpolicy/${name}`]);
    await waitForState(namespace, open.metadata.name ?? '', 'Revoked');
    expect((await exec('alice', namespace, 'echo', 'free')).stdout).toBe('free\n');
  });
});
