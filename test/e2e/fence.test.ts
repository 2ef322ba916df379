import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { buildVote } from '../../src/core/approval/act.ts';
import { achieves } from '../harness/achieves.ts';
import { apply, json, kubectl, must } from './harness/kubectl.ts';
import { ask, create, expectRefused } from './harness/own-kinds.ts';
import { denialCode, exec, scene } from './harness/scene.ts';
import { server } from './harness/server.ts';

let namespace: string;
let before: { readonly at: number; readonly putBacks: string; readonly gate: string };

beforeAll(async () => {
  ({ namespace } = await scene('fence'));
  before = { at: Date.now(), putBacks: await putBacks(), gate: await gate() };
});

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'namespace', namespace, '--wait=false']);
});

const REFUSED = /the gate stands on this object/;
const BINDING = ['validatingadmissionpolicybinding', 'sallyport-fence'] as const;
const OPEN = [{ op: 'add', path: '/webhooks/0/objectSelector', value: { matchLabels: { nothing: 'at-all' } } }];
/** All that we keep is written anew this often. */
const RESYNC_MS = 15_000;
const SYSTEM = ['-n', 'sallyport-system'] as const;

describe('inside the fence, cluster-admin', () => {
  test.each<[string, readonly string[]]>([
    ['delete the gate', ['delete', 'validatingwebhookconfiguration', 'sallyport-gate']],
    ['delete what guards our own kinds', ['delete', 'mutatingwebhookconfiguration', 'sallyport-own-kinds']],
    ['delete all webhook configurations at once', ['delete', 'validatingwebhookconfigurations', '--all']],
    [
      'make the gate select nothing',
      ['patch', 'validatingwebhookconfiguration', 'sallyport-gate', '--type=json', '-p', JSON.stringify(OPEN)],
    ],
    ['delete the kind of policies', ['delete', 'crd', 'approvalpolicies.sallyport.dev', '--wait=false']],
    [
      'change the kind of requests',
      [
        'patch',
        'crd',
        'approvalrequests.sallyport.dev',
        '--type=merge',
        '-p',
        '{"spec":{"names":{"shortNames":["x"]}}}',
      ],
    ],
    ['take our rights', ['delete', 'clusterrolebinding', 'sallyport-webhook']],
    ['widen our rights', ['patch', 'clusterrole', 'sallyport-approver', '--type=merge', '-p', '{"rules":[]}']],
    ['delete our Secrets', ['delete', 'secret', 'sallyport-webhook-path', ...SYSTEM]],
    ['mint our tokens', ['create', 'token', 'sallyport', ...SYSTEM]],
    ['write a Role of our namespace', ['create', 'role', 'spy', '--verb=get', '--resource=secrets', ...SYSTEM]],
    [
      'bind a Role of our namespace',
      ['create', 'rolebinding', 'spy', '--role=sallyport-webhook', '--user=spy', ...SYSTEM],
    ],
    ['take away a Role of our namespace', ['delete', 'rolebinding', 'sallyport-controller', ...SYSTEM]],
    ['take the rights of the role audit', ['delete', 'clusterrolebinding', 'sallyport-audit']],
    ['blind the API of evidence', ['delete', 'rolebinding', 'sallyport-evidence', '-n', 'kube-system']],
    [
      'read the key of the ledger in its stead',
      ['patch', 'rolebinding', 'sallyport-audit', ...SYSTEM, '--type=merge', '-p', '{"subjects":[]}'],
    ],
    ['put another key of the ledger in place', ['create', 'secret', 'generic', 'sallyport-ledger-key', ...SYSTEM]],
    ['mint tokens of the role audit', ['create', 'token', 'sallyport-audit', ...SYSTEM]],
    ['take the API of evidence away', ['delete', 'apiservice', 'v1alpha1.evidence.sallyport.dev']],
    ['say who is who', ['create', 'configmap', 'sallyport-people', ...SYSTEM]],
    [
      'lead our API elsewhere',
      ['patch', 'apiservice', 'v1alpha1.sallyport.dev', '--type=merge', '-p', '{"spec":{"versionPriority":1}}'],
    ],
    [
      'mint tokens of a controller that the gate lets pass',
      ['create', 'token', 'deployment-controller', '-n', 'kube-system'],
    ],
    ['delete our namespace', ['delete', 'namespace', 'sallyport-system', '--wait=false']],
  ])('may not %s', async (_, args) => {
    const result = await kubectl('admin', args);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(REFUSED);
  });

  test('may not take over our API, nor store the token of a controller', async () => {
    const api = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.evidence.sallyport.dev' },
      spec: {
        group: 'evidence.sallyport.dev',
        version: 'v1beta1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        service: { namespace: 'default', name: 'spy' },
      },
    };
    const token = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'spy',
        namespace: 'kube-system',
        annotations: { 'kubernetes.io/service-account.name': 'deployment-controller' },
      },
    };
    for (const object of [api, token]) expect((await apply('admin', object)).stderr).toMatch(REFUSED);
  });

  test('may do the same to what is not ours', async () => {
    const name = `fence-${Date.now().toString(36)}`;
    const rbac = 'rbac.authorization.k8s.io';
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'view' };
    const objects = [
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: [] },
      { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace: 'kube-system' }, rules: [] },
      { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name, namespace }, roleRef, subjects: [] },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name },
        webhooks: [],
      },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'kube-system' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'sallyport-system' } },
    ];
    for (const object of objects) expect((await apply('admin', object)).stderr).toBe('');
    for (const { kind, metadata } of objects) {
      const place = 'namespace' in metadata ? ['-n', metadata.namespace] : [];
      await must('admin', ['delete', kind, metadata.name, ...place]);
    }
    await must('admin', ['create', 'token', 'default', '-n', namespace]);
    await must('admin', ['create', 'token', 'default', '-n', 'kube-system']);
  });
});

/** Deletes the object, and returns after how many milliseconds another stands in its place. */
async function putBack(object: readonly string[]): Promise<number> {
  const uid = () => must('admin', ['get', ...object, '-o', 'jsonpath={.metadata.uid}']);
  const before = await uid();
  await must('admin', ['delete', ...object]);
  const startedAt = performance.now();
  await achieves(`${object.join(' ')} to be back`, async () => expect(await uid()).not.toBe(before), 40_000);
  return Math.round(performance.now() - startedAt);
}

/** The lines of the metric, one a kind. */
async function putBacks(): Promise<string> {
  const metrics = await (await fetch(`http://127.0.0.1:${inject('e2e').place.healthPort}/metrics`)).text();
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('sallyport_objects_put_back_total'))
    .join('\n');
}

/** How often the gate has been changed, and where it leads. */
function gate(): Promise<string> {
  const fields = '{.metadata.generation} {.webhooks[*].clientConfig.service.path} {.webhooks[*].clientConfig.url}';
  return must('admin', ['get', 'validatingwebhookconfiguration', 'sallyport-gate', '-o', `jsonpath=${fields}`]);
}

test('what nobody could touch is no alarm, and is not written again', { timeout: 90_000 }, async () => {
  await delay(Math.max(before.at + RESYNC_MS + 2_000 - Date.now(), 0));
  expect(await putBacks()).toBe(before.putBacks);
  // The secret in the path may have changed meanwhile, once an hour.
  const now = await gate();
  if (now === before.gate) return;
  await delay(RESYNC_MS + 2_000);
  expect(await gate()).toBe(now);
});

test(`${verifies('README-fence')}who takes the fence down is told of, and it stands again at once`, {
  timeout: 120_000,
}, async () => {
  const times = [await putBack(BINDING), await putBack(['validatingadmissionpolicy', 'sallyport-fence'])];
  console.log(`the fence was back ${times.join(' and ')} ms after its deletion`);
  // By the watch: the resync comes every 15 s.
  expect(Math.max(...times)).toBeLessThan(10_000);
  await achieves('the fence to hold again', async () => {
    expect(
      (await kubectl('admin', ['delete', 'validatingwebhookconfiguration', 'sallyport-gate', '--dry-run=server']))
        .stderr,
    ).toMatch(REFUSED);
  });
  const log = await readFile(join(inject('e2e').place.directory, 'sallyport.log'), 'utf8');
  expect(log).toContain('"name":"sallyport-fence"');
  expect(log).toContain('somebody changed what the gate stands on; it was put back');
  expect(await putBacks()).toMatch(/kind="ValidatingAdmissionPolicyBinding"\} [1-9]/);
  await achieves('the Event', async () => {
    const events = await must('admin', ['get', 'events', '-n', 'default', '-o', 'jsonpath={.items[*].reason}']);
    expect(events).toContain('PutBack');
  });
});

test('what is changed in the gate while the fence is down is undone with it', { timeout: 120_000 }, async () => {
  await server.stop();
  await must('admin', ['delete', ...BINDING]);
  await achieves('the fence to be open', () =>
    must('admin', [
      'patch',
      'validatingwebhookconfiguration',
      'sallyport-gate',
      '--type=json',
      '-p',
      JSON.stringify(OPEN),
    ]),
  );
  await server.start();
  await achieves(
    'the fence and the gate to be back',
    async () => {
      await must('admin', ['get', ...BINDING]);
      const gate = await json<{ webhooks: { objectSelector: object }[] }>('admin', [
        'get',
        'validatingwebhookconfiguration',
        'sallyport-gate',
      ]);
      expect(gate.webhooks.map(({ objectSelector }) => objectSelector)).toEqual(gate.webhooks.map(() => ({})));
    },
    40_000,
  );
  await achieves('the gate to ask again', async () => {
    expect(denialCode(await exec('alice', namespace, 'true'))).toBe('ApprovalRequired');
  });
});

test(`${verifies('R20', 'R24')}without our webhooks only we write a status still, and nobody asks or votes as somebody else`, {
  timeout: 120_000,
}, async () => {
  const asked = await ask(namespace, 'echo', 'forged');
  const name = asked.metadata.name ?? '';
  await server.stop();
  await must('admin', ['delete', ...BINDING]);
  await achieves('the end of our webhooks', () =>
    must('admin', [
      'delete',
      '--ignore-not-found',
      'validatingwebhookconfiguration/sallyport-own-kinds',
      'mutatingwebhookconfiguration/sallyport-own-kinds',
    ]),
  );
  const patch = (kind: string, object: string, place: readonly string[]) =>
    kubectl('admin', ['patch', kind, object, ...place, '--subresource=status', '--type=merge', '-p', '{"status":{}}']);
  const forgedVote = { ...buildVote(asked, 'bob', 'Approve', undefined) };
  const voter = { username: 'bob', groups: ['sre'], person: 'bob' };
  const { requester, digest, fingerprint, policies } = asked.spec;
  const own = { namespace, name: 'forged' };
  try {
    await achieves('the webhooks to be forgotten', async () =>
      expectRefused(await patch('approvalrequest', name, ['-n', namespace]), /is written by Sallyport alone/),
    );
    expectRefused(await patch('approvalpolicy', namespace, []), /is written by its controller alone/);
    const vote = { ...forgedVote, spec: { ...forgedVote.spec, voter, via: 'Kubernetes', assurance: 'Kubernetes' } };
    expectRefused(await create('admin', vote), /not stamped with who casts it/);
    expectRefused(await create('admin', forgedVote), /not stamped with who casts it/);
    const request = {
      ...asked,
      metadata: own,
      spec: { action: asked.spec.action, requester, digest, fingerprint, policies },
    };
    expectRefused(await create('admin', request), /spec\.requester is not what it would be/);
  } finally {
    await server.start();
  }
  await achieves('the webhooks to be back', () =>
    must('admin', ['get', 'mutatingwebhookconfiguration', 'sallyport-own-kinds']),
  );
});
