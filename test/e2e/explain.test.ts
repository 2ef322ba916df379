import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { must, mustApply, sallyport } from './harness/kubectl.ts';
import { deniedRequest, enforce, EXEC_RULE, exec, policySpec, request, requests, scene } from './harness/scene.ts';

let namespace = '';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explain-'));
  ({ namespace } = await scene('explain', [EXEC_RULE, deploymentRule(['CREATE', 'UPDATE'])], (spec) => ({
    ...spec,
    match: { ...spec.match, excludeSubjects: [{ kind: 'User', name: 'carol' }] },
  })));
  await enforce(`${namespace}-shells`, {
    ...policySpec(namespace, [EXEC_RULE], (spec) => ({
      ...spec,
      match: {
        ...spec.match,
        matchConditions: [{ name: 'is-shell', expression: "exec != null && exec.command[0] == 'sh'" }],
      },
    })),
  });
  await enforce(`${namespace}-elsewhere`, policySpec('elsewhere', [EXEC_RULE]));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  for (const suffix of ['', '-shells', '-elsewhere'])
    await must('admin', ['delete', 'approvalpolicy', `${namespace}${suffix}`]);
});

describe('kubectl sallyport can', () => {
  test(`${verifies('README-explain')}says which policy asks whom, why the others do not, and the digest that will be asked for`, async () => {
    const { code, stdout, stderr } = await sallyport('alice', [
      'can',
      'exec',
      'web-0',
      '-n',
      namespace,
      '--',
      'ls',
      '-l',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(7);
    expect(stdout).toContain(
      `CONNECT pods/exec web-0 in namespace ${namespace}, as alice: needs the approval of 1 of group sre\n`,
    );
    expect(stdout).toContain(`  ${namespace}: matches; asks 1 of group sre, within 60m; then to be used within 15m\n`);
    expect(stdout).toContain(`  ${namespace}-shells: does not match: its condition is-shell is not met\n`);
    expect(stdout).toContain(
      `  ${namespace}-elsewhere: does not match: its namespaceSelector does not match the labels of namespace ${namespace}\n`,
    );
    expect(stdout).toContain('Command:    ls -l\n');
    expect(await requests(namespace)).toEqual([]);

    const { name } = deniedRequest(await exec('alice', namespace, 'ls', '-l'));
    const { spec } = await request(namespace, name);
    expect(stdout).toContain(`Digest:     ${spec.digest ?? '(none)'}\n`);
  });

  test('says that a policy leaves the caller out', async () => {
    const { code, stdout } = await sallyport('carol', ['can', 'exec', 'web-0', '-n', namespace, '--', 'ls']);
    expect(stdout).toContain('as carol: needs no approval\n');
    expect(stdout).toContain(`  ${namespace}: does not match: its excludeSubjects name carol, or a group of theirs\n`);
    expect(code).toBe(0);
  });

  test('port-forward and attach too; and what is not there is said', async () => {
    expect((await sallyport('alice', ['can', 'port-forward', 'pod/web-0', '-n', namespace])).code).toBe(7);
    expect((await sallyport('alice', ['can', 'attach', 'web-0', '-n', namespace])).code).toBe(7);
    const missing = await sallyport('alice', ['can', 'exec', 'web-9', '-n', namespace, '--', 'ls']);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('pods "web-9" not found');
  });

  test('who may not read the policies is told so', async () => {
    const { code, stderr } = await sallyport('nadmin', ['can', 'exec', 'web-0', '-n', namespace, '--', 'ls']);
    expect(code).toBe(1);
    expect(stderr).toContain('you may not read the policies');
  });
});

describe('kubectl sallyport explain', () => {
  test('tells a creation, a change and no change apart, and writes nothing', async () => {
    const file = join(folder, 'objects.json');
    const explain = async (...objects: readonly object[]) => {
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      return await sallyport('alice', ['explain', '-n', namespace, '-f', file]);
    };
    const create = await explain(deployment(namespace, 'made'));
    expect(create.stderr).toBe('');
    expect(create.code).toBe(7);
    expect(create.stdout).toContain(
      `CREATE deployments made in namespace ${namespace}, as alice: needs the approval of`,
    );
    expect(create.stdout).toContain(
      `${namespace}-shells: does not match: its resourceRules do not name CREATE deployments`,
    );

    await writeFile(file, JSON.stringify(deployment(namespace, 'made')));
    const free = await sallyport('carol', ['explain', '-n', namespace, '-f', file]);
    expect(free.stdout).toContain('needs no approval\n');
    expect(free.code).toBe(0);
    await mustApply('carol', deployment(namespace, 'there'));

    const before = await requests(namespace);
    const there = deployment(namespace, 'there') as { spec: object };
    const same = await explain(there);
    expect(same.stdout).toContain('needs no approval: it changes nothing\n');
    const changed = await explain({ ...there, spec: { ...there.spec, replicas: 3 } });
    expect(changed.code).toBe(7);
    expect(changed.stdout).toContain('UPDATE deployments there');
    expect(changed.stdout).toContain('1 → 3');
    expect(await requests(namespace)).toEqual(before);
    expect(await must('admin', ['get', 'deployments', '-n', namespace, '-o', 'name'])).toBe('deployment.apps/there\n');
  });
});
