import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action, RequestSpec } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { apply, json, kubectl, must, mustApply, type Result } from './harness/kubectl.ts';
import { expectAccepted, execAction, expectRefused, written } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  EXEC_RULE,
  enforce,
  exec,
  policySpec,
  request,
  requests,
  scene,
  waitForState,
} from './harness/scene.ts';

const SHA = `sha256:${'0'.repeat(64)}`;
const clusterPolicy = `written-${Date.now().toString(36)}`;
const BINDINGS = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' } as const;

let namespace = '';
let elsewhere = '';

beforeAll(async () => {
  const configMaps = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  const rules = [EXEC_RULE, deploymentRule(['UPDATE', 'DELETE']), configMaps] as const;
  ({ namespace } = await scene('written', rules as never));
  elsewhere = `${namespace}-other`;
  await mustApply(
    'admin',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere, labels: { scene: namespace } } },
    deployment(namespace, 'changed'),
    deployment(namespace, 'deleted'),
  );
  await enforce(
    clusterPolicy,
    policySpec('', [
      {
        apiGroups: [BINDINGS.group],
        apiVersions: ['*'],
        operations: ['CREATE'],
        resources: [BINDINGS.resource],
        resourceNames: [clusterPolicy],
      },
    ]),
  );
});

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', clusterPolicy]);
});

describe('a request that is written by hand and approved is used by the matching command', () => {
  async function isUsed(place: string, name: string, action: Action, attempt: () => Promise<Result>): Promise<Result> {
    const object = written(place, name, action, { reason: 'INC-1: by hand' });
    expectAccepted(await apply('alice', object));

    const joined = await attempt();
    expect(joined.stderr).toContain(`request=${place}/${name}`);
    await approve('bob', { namespace: place, name });
    const result = await attempt();
    const used = await waitForState(place, name, 'Consumed');
    expect(used.spec.reason).toBe('INC-1: by hand');
    expect(used.spec.requester?.username).toBe('alice');
    return result;
  }

  test(`${verifies('R12')}exec; absent fields take what the plain command sends`, async () => {
    const action = execAction(namespace, 'echo', 'by hand');
    const result = await isUsed(namespace, 'by-hand', action, () => exec('alice', namespace, 'echo', 'by hand'));
    expect(result.stdout).toBe('by hand\n');
  });

  test(`${verifies('R12')}create; the object comes from a server-side dry run`, async () => {
    const command = ['create', 'clusterrolebinding', clusterPolicy, '--clusterrole=view', '--user=dave'];
    const object = JSON.parse(await must('alice', [...command, '--dry-run=server', '-o', 'json'])) as Action['object'];
    const action: Action = { operation: 'CREATE', ...BINDINGS, name: clusterPolicy, ...(object ? { object } : {}) };
    const result = await isUsed('sallyport-system', clusterPolicy, action, () => kubectl('alice', command));
    expect(result.code).toBe(0);
  });

  test(`${verifies('R12')}update; each path with its old and new value`, async () => {
    const container = { name: 'A', value: 'B' };
    const action: Action = {
      operation: 'UPDATE',
      ...(await target('changed')),
      changes: [{ path: '/spec/template/spec/containers/0/env', new: JSON.stringify([container]) }],
    };
    const result = await isUsed(namespace, 'change', action, () =>
      kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/changed', 'A=B']),
    );
    expect(result.code).toBe(0);
  });

  test(`${verifies('R12')}delete; options are those of the plain command`, async () => {
    const action: Action = { operation: 'DELETE', ...(await target('deleted')) };
    const result = await isUsed(namespace, 'delete', action, () =>
      kubectl('alice', ['delete', '-n', namespace, 'deployment/deleted']),
    );
    expect(result.code).toBe(0);
  });

  test(`${verifies('R12')}applied twice, it stays as it is`, async () => {
    const object = written(namespace, 'applied', execAction(namespace, 'echo', 'applied'));
    expectAccepted(await apply('alice', object));
    const again = await apply('alice', object);
    expectAccepted(again);
    expect(again.stdout).toContain('unchanged');
  });

  async function target(name: string) {
    const { metadata } = await json<{ metadata: { uid: string } }>('alice', [
      'get',
      '-n',
      namespace,
      `deployment/${name}`,
    ]);
    return { group: 'apps', version: 'v1', resource: 'deployments', namespace, name, targetUID: metadata.uid };
  }
});

describe('a request that is written by hand is refused', () => {
  const action = (...command: readonly string[]) => execAction(namespace, ...command);
  const bare = (): Action => {
    const { exec: _, ...rest } = action();
    return rest;
  };
  const configMap = (size: number): Action => ({
    operation: 'CREATE',
    version: 'v1',
    resource: 'configmaps',
    namespace,
    name: 'large',
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'large', namespace },
      data: { a: 'x'.repeat(size) },
    },
  });
  const stamped = (fields: Partial<RequestSpec>) => () => written(namespace, 'refused', action('true'), fields);

  const CASES: Readonly<Record<string, readonly [() => object, RegExp]>> = {
    'with a digest and no content': [
      () => written(namespace, 'refused', bare(), { digest: SHA }),
      /action\.exec\.command: write the command; a digest alone cannot be approved/,
    ],
    'for another namespace than its own': [
      () => written(elsewhere, 'refused', action('true')),
      new RegExp(`a request for this action lives in namespace written-`),
    ],
    'for an action that no policy gates': [
      () => written(namespace, 'refused', { ...configMap(1), resource: 'secrets' }),
      /no policy asks for an approval of this action/,
    ],
    'for a pod that does not exist': [
      () => written(namespace, 'refused', { ...action('true'), name: 'web-9' }),
      /there is no such pod/,
    ],
    'for a pod as it no longer is': [
      () => written(namespace, 'refused', { ...action('true'), targetUID: 'another' }),
      /action\.targetUID is not the uid of pod web-0 as it runs now/,
    ],
    'with the requester forged': [stamped({ requester: { username: 'carol' } }), /spec\.requester is not what it/],
    'with the digest forged': [stamped({ digest: SHA }), /spec\.digest is not what it would be/],
    'with the fingerprint forged': [stamped({ fingerprint: SHA }), /spec\.fingerprint is not what it would be/],
    'with the policies forged': [
      stamped({
        policies: [
          {
            name: 'p',
            uid: 'u',
            generation: 1,
            terms: {
              stages: [{ name: 's', required: 1, approvers: [{ kind: 'User', name: 'alice' }] }],
              timeoutSeconds: 60,
              grant: { type: 'Once', binding: 'Exact', useWithinSeconds: 60 },
            },
          },
        ],
      }),
      /spec\.policies is not what it would be/,
    ],
    'with the policies empty': [stamped({ policies: [] }), /spec\.policies is not what it would be/],
    'with the summary forged': [stamped({ summary: { action: 'nothing', target: 'x' } }), /spec\.summary is not what/],
    'with the seal forged': [stamped({ seal: 'x' }), /spec\.seal is not what it would be/],
    'with a duration where there is no window': [stamped({ duration: '1h' }), /spec\.duration: it shortens a window/],
    'with an object larger than a request keeps': [
      () => written(namespace, 'refused', configMap(70_000)),
      /the object has \d+ characters, more than the 65536 that a request keeps/,
    ],
    'with a command larger than the kind allows': [
      () => written(namespace, 'refused', action('x'.repeat(20_000))),
      /spec\.action\.exec\.command\[0\]: Too long/,
    ],
    'with a finalizer': [
      () => ({
        ...written(namespace, 'refused', action('true')),
        metadata: { name: 'refused', namespace, finalizers: ['example.com/keep'] },
      }),
      /metadata\.finalizers is not for you to set/,
    ],
    'with an owner': [
      () => ({
        ...written(namespace, 'refused', action('true')),
        metadata: {
          name: 'refused',
          namespace,
          ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'none' }],
        },
      }),
      /metadata\.ownerReferences is not for you to set/,
    ],
  };

  test.concurrent.each(Object.keys(CASES))(`${verifies('R12')}%s`, async (name) => {
    const [object, why] = CASES[name] as (typeof CASES)[string];
    expectRefused(await apply('alice', object()), why);
    expect((await requests(namespace)).map(({ metadata }) => metadata.name)).not.toContain('refused');
  });

  test(`${verifies('R14')}while another asks for the same`, async () => {
    expectAccepted(await apply('alice', written(namespace, 'first', action('echo', 'twice'))));
    expectRefused(
      await apply('alice', written(namespace, 'second', action('echo', 'twice'))),
      new RegExp(`${namespace}/first asks for the same and is pending`),
    );
    expect(denialCode(await exec('alice', namespace, 'echo', 'twice'))).toBe('ApprovalRequired');
    expect((await requests(namespace)).filter(({ spec }) => spec.action.exec?.command?.[1] === 'twice')).toHaveLength(
      1,
    );
  });

  test(`${verifies('R12')}never by its status: that is not the requester's to write`, async () => {
    const object = { ...written(namespace, 'approved', action('echo', 'status')), status: { state: 'Approved' } };
    expectAccepted(await apply('alice', object));
    expect((await waitForState(namespace, 'approved', 'Pending')).status?.conditions ?? []).toEqual([]);
  });
});

describe('the examples', () => {
  const file = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

  afterAll(async () => {
    await kubectl('admin', ['delete', 'approvalpolicy', 'production-exec', '--ignore-not-found']);
  });

  test(`${verifies('R12')}a policy, a request and a vote do what they say`, async () => {
    await must('admin', ['apply', '-f', file('approval-policy.yaml')]);
    await must('admin', ['wait', '--for=condition=Enforced', '--timeout=20s', 'approvalpolicy/production-exec']);
    await must('alice', ['apply', '--dry-run=server', '-f', file('approval-request.yaml')]);
    // A name of this run's own: on a kept cluster the example's is taken.
    const name = `resolver-${Date.now().toString(36)}`;
    const text = async (example: string) =>
      (await readFile(file(example), 'utf8')).replaceAll(/^( +(?:name|request): )resolver/gm, `$1${name}`);
    await must('alice', ['apply', '-f', '-'], { stdin: await text('approval-request.yaml') });
    const asked = await request('prod', name);
    const template = await text('approval-vote.yaml');
    expectRefused(await kubectl('bob', ['create', '-f', '-'], { stdin: template }), /another uid\); look again/);
    const shown = template
      .replace(/^( +requestUID:).*$/m, `$1 ${asked.metadata.uid ?? ''}`)
      .replace(/^( +digest:).*$/m, `$1 ${asked.spec.digest ?? ''}`);
    const named = await kubectl('bob', ['create', '-f', '-'], { stdin: shown });
    expectRefused(named, new RegExp(`your vote must be named ${name}-approve-[0-9a-f]{16}`));
    const right = /must be named (\S+);/.exec(named.stderr)?.[1] ?? '';
    expectAccepted(
      await kubectl('bob', ['create', '-f', '-'], { stdin: shown.replace(/^( +name:).*$/m, `$1 ${right}`) }),
    );
    await waitForState('prod', name, 'Approved');

    const result = await exec('alice', 'prod', 'cat', '/etc/resolv.conf');
    expect(result.stdout).toContain('nameserver');
    expect((await request('prod', name)).status?.state).toBe('Consumed');
  });
});
