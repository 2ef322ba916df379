import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { deployment } from './harness/deployment.ts';
import { kubectl, must, mustApply, type Result } from './harness/kubectl.ts';
import { expectAccepted, expectRefused } from './harness/own-kinds.ts';
import { approve, denialCode, deniedRequest, EXEC_RULE, requests, scene, waitForState } from './harness/scene.ts';

/**
 * nadmin is an administrator of one namespace: Kubernetes' own role admin in it, and the right to change the Namespace
 * itself, which that role lacks. Of no group, and with no right anywhere else.
 */
const RULES: PolicySpec['match']['resourceRules'] = [
  EXEC_RULE,
  { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['pods', 'configmaps'] },
  { apiGroups: ['apps'], apiVersions: ['*'], operations: ['DELETE'], resources: ['deployments'] },
  { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE'], resources: ['secrets'] },
];

let namespace = '';
let ownNamespace = '';

beforeAll(async () => {
  ({ namespace } = await scene('nadmin', RULES));
  ownNamespace = `${namespace}-itself`;
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const binding = (role: string) => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name: `nadmin-${role}`, namespace },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'User', name: 'nadmin', apiGroup }],
  });
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'update', 'patch'] }];
  await mustApply(
    'admin',
    { apiVersion, kind: 'ClusterRole', metadata: { name: ownNamespace }, rules },
    binding('admin'),
    binding(ownNamespace),
    deployment(namespace),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace, finalizers: ['example.com/keep'] } },
  );
}, 120_000);

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'clusterrole', ownNamespace]);
  await must('admin', ['patch', 'configmap/kept', '-n', namespace, '--type=json', '-p', NO_FINALIZERS]);
});

const NO_FINALIZERS = '[{"op":"remove","path":"/metadata/finalizers"}]';

const nadmin = (...args: readonly string[]) => kubectl('nadmin', [...args, '-n', namespace]);
const exec = (...command: readonly string[]) => kubectl('nadmin', ['exec', '-n', namespace, 'web-0', '--', ...command]);
const label = (value: string) => nadmin('label', `namespace/${namespace}`, `scene${value}`, '--overwrite');
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '00000000-0000-0000-0000-000000000000' };

function evict(): Promise<Result> {
  const stdin = JSON.stringify({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'web-0', namespace },
  });
  const path = `/api/v1/namespaces/${namespace}/pods/web-0/eviction`;
  return kubectl('nadmin', ['create', '--raw', path, '-f', '-'], { stdin });
}

const own = (what: string) => () =>
  nadmin('patch', what, '--type=merge', '-p', JSON.stringify({ metadata: { ownerReferences: [owner] } }));

/** Ways round, each with why it is asked for. */
const WAYS: Readonly<Record<string, readonly [() => Promise<Result>, string]>> = {
  'take the label off the namespace': [() => label('-'), 'leaving its namespaceSelector'],
  'give the label another value': [() => label('=elsewhere'), 'leaving its namespaceSelector'],
  'evict the pod': [evict, 'an eviction deletes'],
  'give the pod an owner that is not there': [own('pod/web-0'), 'a new ownerReference can delete it'],
  'give the ConfigMap an owner that is not there': [own('configmap/kept'), 'a new ownerReference can delete it'],
  'give the Deployment an owner that is not there': [own('deployment/shop'), 'a new ownerReference can delete it'],
  'take its finalizers off': [
    () => nadmin('patch', 'configmap/kept', '--type=json', '-p', NO_FINALIZERS),
    'removing finalizers ends a deletion',
  ],
  'scale to nothing by the scale': [() => nadmin('scale', 'deployment/shop', '--replicas=0'), 'scaling to nothing'],
  'scale to nothing by the Deployment': [
    () => nadmin('patch', 'deployment/shop', '--type=merge', '-p', '{"spec":{"replicas":0}}'),
    'scaling to nothing',
  ],
  'mint a token': [() => nadmin('create', 'token', 'default'), 'a token without a Secret'],
};

/** What must be as it was, whatever is tried. */
async function untouched(): Promise<unknown> {
  const paths = [`namespace/${namespace}`, 'pod/web-0', 'configmap/kept', 'deployment/shop'].map(async (what) =>
    must('admin', [
      'get',
      what,
      '-n',
      namespace,
      '-o',
      'jsonpath={.metadata.uid} {.metadata.labels} {.metadata.finalizers} {.metadata.ownerReferences} {.metadata.deletionTimestamp} {.spec.replicas}',
    ]),
  );
  return await Promise.all(paths);
}

describe('an administrator of the namespace', () => {
  test.each(Object.keys(WAYS))('[R33] cannot %s, and nothing has changed', async (name) => {
    const [attempt, why] = WAYS[name] as (typeof WAYS)[string];
    const before = await untouched();
    const result = await attempt();
    expectRefused(result, /NOT executed/);
    expect(denialCode(result)).toBe('ApprovalRequired');
    expect(result.stderr.replaceAll(/\s+/g, ' ')).toContain(`policy ${namespace}: ${why}`);
    expect(await untouched()).toEqual(before);
  });

  test('[R33] takes the label off, execs and puts it back: each step but the last waits, and the label stays', async () => {
    const before = await untouched();
    const steps = [await label('-'), await exec('id'), await label(`=${namespace}`)];
    expect(steps.map(denialCode)).toEqual(['ApprovalRequired', 'ApprovalRequired', undefined]);
    expect(steps[1]?.stdout).toBe('');
    expect(await untouched()).toEqual(before);
  });

  test('[R33] can ask for one of these, and it goes through once it is approved', async () => {
    const denied = deniedRequest(await nadmin('create', 'token', 'default'));
    await approve('bob', denied);
    expect((await nadmin('create', 'token', 'default')).stdout).toMatch(/^ey/);
    await waitForState(denied.namespace, denied.name, 'Consumed');
    expect(denialCode(await nadmin('create', 'token', 'default'))).toBe('AlreadyUsed');
  });

  test('does what is no way round without being asked', async () => {
    const before = (await requests(namespace)).length;
    expectAccepted(await nadmin('annotate', `namespace/${namespace}`, 'team=a'));
    expectAccepted(await nadmin('label', 'pod/web-0', 'team=a'));
    expectAccepted(await nadmin('scale', 'deployment/shop', '--replicas=2'));
    expect(await requests(namespace)).toHaveLength(before);
  });
});
