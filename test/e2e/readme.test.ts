import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, kubectl, must, mustApply, sallyport } from './harness/kubectl.ts';
import {
  addPod,
  approve,
  deniedRequest,
  denialCode,
  exec,
  policySpec,
  requests,
  scene,
  waitForState,
} from './harness/scene.ts';

/** Asks for `id` in web-0 and returns the request. */
async function ask(namespace: string): Promise<{ readonly namespace: string; readonly name: string }> {
  return deniedRequest(await exec('alice', namespace, 'id'));
}

describe('what the README claims', () => {
  test.concurrent(`${verifies('README-second-person')}only who is listed approves, and never the requester`, async () => {
    const { namespace } = await scene('second');
    const { name } = await ask(namespace);
    const vote = (user: 'alice' | 'admin') => sallyport(user, ['approve', '-n', namespace, name, '--yes']);
    expect(denialCode(await vote('alice'))).toBe('SelfApproval');
    expect(denialCode(await vote('admin'))).toBe('NotAnApprover');
    const own = deniedRequest(await exec('bob', namespace, 'id'));
    const self = await sallyport('bob', ['approve', '-n', namespace, own.name, '--yes']);
    expect(denialCode(self)).toBe('SelfApproval');
    expect((await waitForState(namespace, name, 'Pending')).status?.approvals).toBe('0/1');
    await approve('bob', { namespace, name });
    expect((await exec('alice', namespace, 'id')).code).toBe(0);
  });

  test.concurrent(`${verifies('README-once')}of five at once, one goes through`, async () => {
    const { namespace } = await scene('once');
    await approve('bob', await ask(namespace));
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => exec('alice', namespace, 'id')));
    expect(results.filter(({ code }) => code === 0)).toHaveLength(1);
    const [request, ...others] = await requests(namespace);
    expect(others).toEqual([]);
    expect(request?.status?.uses).toHaveLength(1);
  });

  test.concurrent(`${verifies('README-exact')}another command, container or pod asks anew`, async () => {
    const { namespace } = await scene('exact');
    await Promise.all([addPod(namespace, 'web-1'), addPod(namespace, 'both', ['app', 'side'])]);
    const inBoth = (container: string) =>
      kubectl('alice', ['exec', '-n', namespace, 'both', '-c', container, '--', 'id']);
    const { name } = await ask(namespace);
    await approve('bob', { namespace, name });
    const side = deniedRequest(await inBoth('side'));
    await approve('bob', side);
    const others = [
      await exec('alice', namespace, 'id', '-u'),
      await kubectl('alice', ['exec', '-n', namespace, 'web-1', '--', 'id']),
      await kubectl('alice', ['exec', '-i', '-n', namespace, 'web-0', '--', 'id']),
      await exec('bob', namespace, 'id'),
      await inBoth('app'),
    ].map((result) => deniedRequest(result).name);
    expect(new Set([...others, name, side.name]).size).toBe(7);
    expect((await exec('alice', namespace, 'id')).code).toBe(0);
  });

  test.concurrent(`${verifies('README-denied')}a denial stays`, async () => {
    const { namespace } = await scene('no');
    const { name } = await ask(namespace);
    const denial = await sallyport('bob', ['deny', '-n', namespace, name, '--reason', 'use the dashboard']);
    expect(denial.code, denial.stderr).toBe(0);
    const again = await exec('alice', namespace, 'id');
    expect(denialCode(again)).toBe('Denied');
    const seconds = Number(/again in (\d+) s/.exec(again.stderr)?.[1]);
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(600);
    expect((await sallyport('carol', ['approve', '-n', namespace, name, '--yes'])).code).not.toBe(0);
    expect(await requests(namespace)).toHaveLength(1);
  });

  test.concurrent(`${verifies('README-evidence')}cluster-admin cannot edit, forge or delete requests and votes`, async () => {
    const { namespace } = await scene('evidence');
    const { name } = await ask(namespace);
    await approve('bob', { namespace, name });
    const request = `approvalrequest/${name}`;
    const vote = (await must('admin', ['get', 'approvalvotes', '-n', namespace, '-o', 'name'])).trim();
    const patch = (what: string, body: object, ...more: string[]) => {
      const text = JSON.stringify(body);
      return kubectl('admin', ['patch', what, '-n', namespace, '--type=merge', '-p', text, ...more]);
    };
    const attempts = {
      'another command': await patch(request, { spec: { action: { exec: { command: ['sh'] } } } }),
      'another state': await patch(request, { status: { state: 'Pending' } }, '--subresource=status'),
      'another vote': await patch(vote, { spec: { decision: 'Deny' } }),
      'no request': await kubectl('admin', ['delete', request, '-n', namespace]),
      'no vote': await kubectl('admin', ['delete', vote, '-n', namespace]),
      'no votes': await kubectl('admin', ['delete', 'approvalvotes', '--all', '-n', namespace]),
    };
    for (const [what, { code, stdout }] of Object.entries(attempts)) expect(code, `${what}: ${stdout}`).not.toBe(0);
    expect((await waitForState(namespace, name, 'Approved')).spec.action.exec?.command).toEqual(['id']);
    const forged = await apply('admin', {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'ApprovalVote',
      metadata: { name: 'forged', namespace },
      spec: { request: name, requestUID: 'x', digest: 'x', decision: 'Approve', voter: { username: 'carol' } },
    });
    expect(forged.code).not.toBe(0);
  });

  test.concurrent(`${verifies('README-no-silent-fields')}a policy that cannot be enforced as written is refused`, async () => {
    const file = join(repositoryRoot(), 'docs/policies/refused.yaml');
    expect((await kubectl('admin', ['apply', '-f', file])).stderr).toContain('spec.masking');
    const spec = policySpec('nowhere', [
      { apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] },
    ]);
    const misspelt = await kubectl('admin', ['apply', '--validate=false', '-f', '-'], {
      stdin: JSON.stringify({
        apiVersion: 'sallyport.dev/v1alpha1',
        kind: 'ApprovalPolicy',
        metadata: { name: 'misspelt' },
        spec: { ...spec, match: { ...spec.match, namespaceSelektor: {} } },
      }),
    });
    expect(misspelt.code).not.toBe(0);
    expect(misspelt.stderr).toContain('namespaceSelektor');
  });

  test.concurrent(`${verifies('README-dry-run')}a dry run warns, asks nobody and changes nothing`, async () => {
    const { namespace } = await scene('dry', [
      { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['pods'] },
    ]);
    const result = await kubectl('alice', ['delete', 'pod', 'web-0', '-n', namespace, '--dry-run=server']);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('would need the approval of 1 of group sre');
    expect(await requests(namespace)).toEqual([]);
  });

  test.concurrent(`${verifies('README-rbac-first')}who may not exec opens no request`, async () => {
    const { namespace } = await scene('rbac');
    const group = 'rbac.authorization.k8s.io';
    // A WebSocket is opened by GET, so that this reaches admission; exec itself needs the right to create.
    const rules = [{ apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get'] }];
    const roleRef = { apiGroup: group, kind: 'Role', name: 'looks' };
    const metadata = { name: 'looks', namespace };
    await mustApply(
      'admin',
      { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules },
      { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: [{ kind: 'User', name: 'dave' }] },
    );
    const result = await kubectl('admin', ['exec', '--as=dave', '-n', namespace, 'web-0', '--', 'id']);
    expect(result.code).not.toBe(0);
    expect(await requests(namespace)).toEqual([]);
  });
});
