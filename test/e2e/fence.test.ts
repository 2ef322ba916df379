import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { achieves } from '../harness/achieves.ts';
import { apply, json, kubectl, must } from './harness/kubectl.ts';
import { denialCode, exec, scene } from './harness/scene.ts';

let namespace: string;

beforeAll(async () => {
  ({ namespace } = await scene('fence'));
});

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'namespace', namespace, '--wait=false']);
});

const REFUSED = /the gate stands on this object/;
const BINDING = ['validatingadmissionpolicybinding', 'sallyport-fence'] as const;
const OPEN = [{ op: 'add', path: '/webhooks/0/objectSelector', value: { matchLabels: { nothing: 'at-all' } } }];
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
    ['delete our namespace', ['delete', 'namespace', 'sallyport-system', '--wait=false']],
  ])('may not %s', async (_, args) => {
    const result = await kubectl('admin', args);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(REFUSED);
  });

  test('may do the same to what is not ours', async () => {
    const name = `fence-${Date.now().toString(36)}`;
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules: [] };
    const webhooks = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name },
      webhooks: [],
    };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
    for (const object of [rbac, webhooks, secret]) expect((await apply('admin', object)).stderr).not.toMatch(REFUSED);
    await must('admin', ['delete', 'clusterrole', name]);
    await must('admin', ['delete', 'validatingwebhookconfiguration', name]);
    await must('admin', ['create', 'token', 'default', '-n', namespace]);
  });
});

test(`${verifies('README-fence')}who takes the fence down, and then the gate apart, is told of; both are put back`, {
  timeout: 120_000,
}, async () => {
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
  await achieves('the fence to hold again', async () => {
    expect(
      (await kubectl('admin', ['delete', 'validatingwebhookconfiguration', 'sallyport-gate', '--dry-run=server']))
        .stderr,
    ).toMatch(REFUSED);
  });
  const log = await readFile(join(inject('e2e').place.directory, 'sallyport.log'), 'utf8');
  expect(log).toContain('"name":"sallyport-fence"');
  expect(log).toContain('somebody changed what the gate stands on; it was put back');
  const events = await must('admin', ['get', 'events', '-n', 'default', '-o', 'jsonpath={.items[*].reason}']);
  expect(events).toContain('PutBack');
});
