import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RESERVATION_MS } from '../../src/core/approval/approval-state.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { apply, kubectl, must, mustApply, type Result } from './harness/kubectl.ts';
import {
  addPod,
  approve,
  deniedRequest,
  EXEC_RULE,
  exec,
  policySpec,
  enforce,
  requests,
  scene,
  waitForState,
} from './harness/scene.ts';

/** A gated action of one kind: how it is attempted, and how it shows that it was carried out. */
interface Deed {
  readonly sentence: string;
  readonly make: () => Promise<{
    readonly namespace: string;
    readonly attempt: () => Promise<Result>;
    readonly done: (result: Result) => Promise<void>;
  }>;
  /** Whether the same command can meet its target again after it went through. */
  readonly again: boolean;
}

async function succeeded(result: Result): Promise<void> {
  expect(result.stderr).not.toContain('sallyport');
  expect(result.code).toBe(0);
}

const DEEDS: readonly Deed[] = [
  {
    sentence: 'exec',
    again: true,
    make: async () => {
      const { namespace } = await scene('exec');
      return {
        namespace,
        attempt: () => exec('alice', namespace, 'echo', 'hello'),
        done: async (result) => expect(result.stdout).toBe('hello\n'),
      };
    },
  },
  {
    sentence: 'attach',
    again: true,
    make: async () => {
      const { namespace } = await scene('attach');
      return {
        namespace,
        // httpd writes nothing: an attach that is let in stays open until it is ended.
        attempt: () => kubectl('alice', ['attach', '-n', namespace, 'web-0'], { timeout: 5_000 }),
        done: async (result) => expect(result.code).toBe(-1),
      };
    },
  },
  {
    sentence: 'port-forward',
    again: true,
    make: async () => {
      const { namespace } = await scene('forward');
      return {
        namespace,
        attempt: () => portForward(namespace),
        done: async (result) => expect(result.stdout).toContain('HTTP/1.1'),
      };
    },
  },
  {
    sentence: 'an ephemeral container (kubectl debug)',
    again: false,
    make: async () => {
      const { namespace } = await scene('debug', [
        { apiGroups: [''], apiVersions: ['*'], operations: ['UPDATE'], resources: ['pods/ephemeralcontainers'] },
      ]);
      return {
        namespace,
        attempt: () =>
          kubectl('alice', [
            'debug',
            '-n',
            namespace,
            'web-0',
            '--image=local/busybox:1',
            '--image-pull-policy=Never',
            '--quiet',
            '--',
            'sleep',
            '1',
          ]),
        done: async () => {
          const containers = await must('admin', [
            'get',
            'pod/web-0',
            '-n',
            namespace,
            '-o',
            'jsonpath={.spec.ephemeralContainers[*].image}',
          ]);
          expect(containers).toBe('local/busybox:1');
        },
      };
    },
  },
  {
    sentence: 'a Deployment update',
    again: false,
    make: async () => {
      const { namespace } = await scene('update', [deploymentRule(['UPDATE'])]);
      await mustApply('admin', deployment(namespace));
      return {
        namespace,
        attempt: () => kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/shop', 'A=B']),
        done: async () =>
          expect(
            await must('admin', [
              'get',
              '-n',
              namespace,
              'deployment/shop',
              '-o',
              'jsonpath={.spec.template.spec.containers[0].env[0].value}',
            ]),
          ).toBe('B'),
      };
    },
  },
  {
    sentence: 'a Deployment delete',
    again: false,
    make: async () => {
      const { namespace } = await scene('delete', [deploymentRule(['DELETE'])]);
      await mustApply('admin', deployment(namespace));
      return {
        namespace,
        attempt: () => kubectl('alice', ['delete', '-n', namespace, 'deployment/shop']),
        done: succeeded,
      };
    },
  },
];

/** A port-forward that is let in carries one HTTP exchange. */
async function portForward(namespace: string): Promise<Result> {
  const port = String(20_000 + Math.floor(Math.random() * 5_000));
  const answered = Promise.withResolvers<void>();
  const forwarding = kubectl('alice', ['port-forward', '-n', namespace, 'pod/web-0', `${port}:8080`], {
    timeout: 20_000,
    until: answered.promise,
  });
  const ended = forwarding.then(() => 'ended' as const);
  let stdout = '';
  do {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (response === undefined) continue;
    stdout = `HTTP/1.1 ${response.status}`;
    answered.resolve();
  } while ((await Promise.race([ended, delay(100)])) !== 'ended');
  return { ...(await forwarding), stdout };
}

describe('denied, asked for, approved by a second person, carried out, once', () => {
  test.concurrent.each(DEEDS)(`${verifies('R13', 'R40', 'README-actions')}$sentence`, async ({ make, again }) => {
    const { namespace, attempt, done } = await make();
    const first = await attempt();
    expect(first.code).not.toBe(0);
    expect(first.stderr).toContain('NOT executed');
    const [pending, ...others] = await requests(namespace);
    expect(others).toEqual([]);
    expect(pending?.status?.state).toBe('Pending');

    await approve('bob', deniedRequest(first));
    await done(await attempt());
    await waitForState(namespace, pending?.metadata.name ?? '', 'Consumed');

    if (!again) return;
    await delay(RESERVATION_MS + 500);
    const anew = await attempt();
    expect(anew.code).not.toBe(0);
    expect(deniedRequest(anew).name).not.toBe(pending?.metadata.name);
    expect(await requests(namespace)).toHaveLength(2);
  });

  test.concurrent(`${verifies('R13')}a ClusterRoleBinding create; its request lives in the system namespace`, async () => {
    const name = `viewers-${Date.now().toString(36)}`;
    await enforce(name, {
      ...policySpec(name, [
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          apiVersions: ['*'],
          operations: ['CREATE'],
          resources: ['clusterrolebindings'],
          resourceNames: [name],
        },
      ]),
    });
    const attempt = () => kubectl('alice', ['create', 'clusterrolebinding', name, '--clusterrole=view', '--user=dave']);
    const first = await attempt();
    expect(deniedRequest(first).namespace).toBe('sallyport-system');
    await approve('bob', deniedRequest(first));
    await succeeded(await attempt());
    await must('admin', ['delete', 'approvalpolicy', name]);
  });

  test.concurrent(`${verifies('R13', 'R32')}a namespace delete; the namespace then goes, with what is in it`, async () => {
    const { namespace } = await scene('goner', [
      { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['namespaces'] },
      { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['pods'] },
      EXEC_RULE,
    ]);
    await exec('alice', namespace, 'true');
    const attempt = () => kubectl('alice', ['delete', 'namespace', namespace, '--timeout=45s']);
    const first = await attempt();
    expect(deniedRequest(first).namespace).toBe('sallyport-system');
    await approve('bob', deniedRequest(first));
    await succeeded(await attempt());
    expect((await kubectl('admin', ['get', 'namespace', namespace])).stderr).toContain('NotFound');
  });
});

test('a dry run of nothing gated is not our business', async () => {
  const { namespace } = await scene('free');
  await addPod(namespace, 'web-1');
  const result = await apply('alice', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace },
    data: {},
  });
  expect(result.code).toBe(0);
});
