import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { kubectl, must, mustApply, type Result } from './harness/kubectl.ts';
import { expectAccepted, expectRefused } from './harness/own-kinds.ts';
import {
  approve,
  deniedRequest,
  denialCode,
  EXEC_RULE,
  exec,
  request,
  type Scene,
  scene,
  waitForState,
} from './harness/scene.ts';

/** alice edits in every namespace of the tests, and may write Namespaces: a namespace admin. */
const rule = (
  operations: PolicySpec['match']['resourceRules'][number]['operations'],
  resources: string[],
  apiGroups = [''],
): PolicySpec['match']['resourceRules'][number] => ({ apiGroups, apiVersions: ['*'], operations, resources });

/** Asked for, with the reason; nobody was asked before. */
function expectAsked(result: Result, why: string): void {
  expectRefused(result, /NOT executed/);
  expect(denialCode(result)).toBe('ApprovalRequired');
  expect(result.stderr.replaceAll(/\s+/g, ' ')).toContain(why);
}

const patch = (namespace: string, what: string, change: object, ...more: string[]) =>
  kubectl('alice', ['patch', what, '-n', namespace, '--type=merge', '-p', JSON.stringify(change), ...more]);

function deployment(namespace: string, name: string, more: object = {}): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, ...more },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'local/busybox:1', command: ['sleep', '3600'] }] },
      },
    },
  };
}

const used: Scene[] = [];

afterAll(async () => {
  for (const { policy } of used) await must('admin', ['delete', 'approvalpolicy', policy, '--ignore-not-found']);
});

async function open(...parameters: Parameters<typeof scene>): Promise<string> {
  const made = await scene(...parameters);
  used.push(made);
  return made.namespace;
}

describe('where exec is gated in labelled namespaces', () => {
  let namespace = '';
  beforeAll(async () => {
    namespace = await open('labels');
  }, 120_000);
  const label = (value: string | null) =>
    patch(namespace, `namespace/${namespace}`, { metadata: { labels: { scene: value } } });

  test('[R33] a namespace admin cannot take the label off, exec, and put it back', async () => {
    expectAsked(await label(null), `policy ${namespace}: leaving its namespaceSelector`);
    expectAsked(await label('elsewhere'), 'leaving its namespaceSelector');
    for (const subresource of ['', 'status', 'finalize']) {
      const path = `/api/v1/namespaces/${namespace}/${subresource}`.replace(/\/$/, '');
      const { metadata, ...rest } = JSON.parse(
        await must('admin', ['get', '--raw', path.replace(/\/(status|finalize)$/, '')]),
      );
      const stdin = JSON.stringify({ ...rest, metadata: { ...metadata, labels: {} } });
      expectAsked(
        await kubectl('admin', ['replace', '--raw', path, '-f', '-'], { stdin }),
        'leaving its namespaceSelector',
      );
    }
    expectAsked(await exec('alice', namespace, 'id'), 'exec id');
  });

  test('[R33] a debug container is asked for like the exec', async () => {
    const debug = await kubectl('alice', [
      'debug',
      '-n',
      namespace,
      'web-0',
      '--image=local/busybox:1',
      '--image-pull-policy=Never',
      '--',
      'id',
    ]);
    expectAsked(debug, 'a debug container leads into the pod');
  });

  test('ordinary writes of the namespace and in it pass', async () => {
    expectAccepted(await patch(namespace, `namespace/${namespace}`, { metadata: { annotations: { owner: 'alice' } } }));
    expectAccepted(await patch(namespace, `namespace/${namespace}`, { metadata: { labels: { team: 'a' } } }));
    expectAccepted(await patch(namespace, 'pod/web-0', { metadata: { labels: { team: 'a' } } }));
  });

  test('[R33] who approves the change of the label lets it through, once', async () => {
    const denied = deniedRequest(await label(null));
    const { spec } = await request(denied.namespace, denied.name);
    expect(spec.summary?.action).toBe(`update (policy ${namespace}: leaving its namespaceSelector)`);
    await approve('bob', denied);
    expectAccepted(await label(null));
    await waitForState(denied.namespace, denied.name, 'Consumed');
    expectAccepted(await exec('alice', namespace, 'true'));
    expectAccepted(await label(namespace));
    expectAsked(await exec('alice', namespace, 'true'), 'exec true');
  });
});

test('[R33] a pod cannot be relabelled out of the objectSelector of an exec policy', async () => {
  const namespace = await open('podlabels', [EXEC_RULE], (spec) => ({
    ...spec,
    match: { ...spec.match, objectSelector: { matchLabels: { app: 'web' } } },
  }));
  const away = { metadata: { labels: { app: 'other' } } };
  expectAsked(await patch(namespace, 'pod/web-0', away), 'leaving its objectSelector');
  expectAccepted(await patch(namespace, 'pod/web-0', { metadata: { labels: { more: 'yes' } } }));
  expectAsked(await exec('alice', namespace, 'id'), 'exec id');
});

describe('where deleting is gated', () => {
  let namespace = '';
  beforeAll(async () => {
    namespace = await open('deleting', [
      rule(['DELETE'], ['pods', 'configmaps']),
      rule(['DELETE'], ['deployments'], ['apps']),
    ]);
    await mustApply('admin', deployment(namespace, 'web', { finalizers: ['example.com/keep'] }));
  }, 120_000);
  afterAll(async () => {
    await must('admin', ['delete', 'approvalpolicy', namespace]);
    await must('admin', [
      'patch',
      'deployment/web',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ]);
  });

  test('[R33] an eviction is asked for', async () => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web-0', namespace } };
    const path = `/api/v1/namespaces/${namespace}/pods/web-0/eviction`;
    expectAsked(
      await kubectl('alice', ['create', '--raw', path, '-f', '-'], { stdin: JSON.stringify(eviction) }),
      'an eviction deletes',
    );
  });

  test('[R33] an owner that is not there is asked for', async () => {
    await must('alice', ['create', 'configmap', 'kept', '-n', namespace]);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' }];
    expectAsked(
      await patch(namespace, 'configmap/kept', { metadata: { ownerReferences } }),
      'a new ownerReference can delete it',
    );
    expectAsked(
      await patch(namespace, 'pod/web-0', { metadata: { ownerReferences } }),
      'a new ownerReference can delete it',
    );
  });

  test('[R33] a finalizer that goes is asked for', async () => {
    expectAsked(
      await patch(namespace, 'deployment/web', { metadata: { finalizers: null } }),
      'removing finalizers ends a deletion',
    );
  });

  test('[R33] scaling to nothing is asked for, by both ways', async () => {
    expectAsked(
      await kubectl('alice', ['scale', 'deployment/web', '-n', namespace, '--replicas=0']),
      'scaling to nothing',
    );
    expectAsked(await patch(namespace, 'deployment/web', { spec: { replicas: 0 } }), 'scaling to nothing');
  });

  test('a deployment, a new image, more replicas and a finalizer of its own pass', async () => {
    expectAccepted(
      await kubectl('alice', ['create', 'deployment', 'other', '-n', namespace, '--image=local/busybox:1']),
    );
    expectAccepted(await kubectl('alice', ['set', 'image', 'deployment/web', '-n', namespace, 'app=local/busybox:2']));
    expectAccepted(await kubectl('alice', ['scale', 'deployment/web', '-n', namespace, '--replicas=2']));
    expectAccepted(await kubectl('alice', ['scale', 'deployment/web', '-n', namespace, '--replicas=1']));
    expectAccepted(await patch(namespace, 'configmap/kept', { data: { a: 'b' } }));
  });
});

test('[R33] tokens, bindings and scales are asked for with what they stand for', async () => {
  const namespace = await open('neighbours', [
    rule(['CREATE'], ['secrets']),
    rule(['CREATE'], ['pods']),
    rule(['UPDATE'], ['deployments'], ['apps']),
  ]);
  await mustApply('admin', deployment(namespace, 'web'));
  expectAsked(await kubectl('alice', ['create', 'token', 'default', '-n', namespace]), 'a token without a Secret');
  expectAsked(
    await kubectl('alice', ['scale', 'deployment/web', '-n', namespace, '--replicas=3']),
    'a change of its scale',
  );
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'web-0', namespace },
    target: { kind: 'Node', name: 'n' },
  };
  const bind = (path: string) =>
    kubectl('admin', ['create', '--raw', `/api/v1/namespaces/${namespace}/${path}`, '-f', '-'], {
      stdin: JSON.stringify(binding),
    });
  expectAsked(await bind('pods/web-0/binding'), 'a binding starts a pod');
  expectAsked(await bind('bindings'), 'a binding starts a pod');
});
