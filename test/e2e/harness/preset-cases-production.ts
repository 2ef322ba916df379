import { expect } from 'vitest';
import { deployment } from './deployment.ts';
import { apply, kubectl, must, mustApply } from './kubectl.ts';
import { alice, configMap, type PresetCase, TWO } from './preset-deeds.ts';
import { pod, privileged, statefulSet } from './preset-objects.ts';

function debug(namespace: string, profile: string): readonly string[] {
  const how = ['--image=local/busybox:1', '--image-pull-policy=Never', `--profile=${profile}`, '-c', profile];
  return ['debug', 'web-0', '-n', namespace, ...how, '--', 'sleep', '60'];
}

const LOSES_ITS_VOLUMES = JSON.stringify({ spec: { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } } });

/** Presets about what runs in production. */
export const PRODUCTION_CASES: Readonly<Record<string, PresetCase>> = {
  'production-shell.yaml': {
    deeds: [
      {
        sentence: 'a command, which pauses',
        act: alice(({ prod }) => ['exec', '-n', prod, 'web-0', '--', 'echo', 'preset']),
        approvers: ['bob'],
        waits: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('preset\n'),
      },
      {
        sentence: 'a shell',
        act: alice(({ prod }) => ['exec', '-i', '-n', prod, 'web-0', '--', 'sh'], { stdin: 'echo typed\n' }),
        approvers: TWO,
        reason: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('typed\n'),
      },
    ],
    never: {
      'the token of the pod': [
        alice(({ prod }) => [
          'exec',
          '-n',
          prod,
          'web-0',
          '--',
          'cat',
          '/var/run/secrets/kubernetes.io/serviceaccount/token',
        ]),
        'the token of a ServiceAccount is never read by hand',
      ],
    },
    free: {
      'its logs': alice(({ prod }) => ['logs', '-n', prod, 'web-0']),
      'a shell elsewhere': alice(({ other }) => ['exec', '-i', '-n', other, 'web-0', '--', 'sh', '-c', 'true']),
    },
  },
  'secrets.yaml': {
    deeds: [
      {
        sentence: 'a new Secret, which pauses',
        act: alice(({ prod }) => ['create', 'secret', 'generic', 'made', '-n', prod, '--from-literal=a=b']),
        approvers: ['bob'],
        waits: true,
      },
      {
        sentence: 'its deletion',
        act: alice(({ prod }) => ['delete', 'secret', 'made', '-n', prod]),
        approvers: ['carol'],
        waits: true,
      },
    ],
    free: {
      'a ConfigMap': configMap('beside-secrets'),
      'a Secret elsewhere': alice(({ other }) => ['create', 'secret', 'generic', 'free', '-n', other]),
    },
  },
  'destructive-deletes.yaml': {
    deeds: [
      {
        sentence: 'scaling to nothing, which pauses',
        prepare: ({ prod }) => mustApply('admin', deployment(prod)),
        act: alice(({ prod }) => ['scale', 'deployment/shop', '-n', prod, '--replicas=0']),
        approvers: ['bob'],
        waits: true,
      },
      {
        sentence: 'a deletion, which pauses',
        act: alice(({ prod }) => ['delete', 'deployment/shop', '-n', prod]),
        approvers: ['carol'],
        waits: true,
      },
      {
        sentence: 'a StatefulSet that comes to delete its volumes, which pauses',
        prepare: ({ prod }) => mustApply('admin', statefulSet(prod)),
        act: alice(({ prod }) => ['patch', 'statefulset/db', '-n', prod, '--type=merge', '-p', LOSES_ITS_VOLUMES]),
        approvers: ['bob'],
        waits: true,
      },
    ],
    never: {
      'what bears the label': [
        async ({ prod }) => {
          await must('admin', ['create', 'service', 'clusterip', 'kept', '--tcp=80', '-n', prod]);
          await must('admin', ['label', 'service/kept', 'do-not-delete=', '-n', prod]);
          return await kubectl('alice', ['delete', 'service/kept', '-n', prod]);
        },
        'it bears the label do-not-delete',
      ],
    },
    free: {
      'a new image': async ({ prod }) => {
        await mustApply('admin', deployment(prod));
        return await kubectl('alice', ['set', 'image', 'deployment/shop', '-n', prod, '*=local/busybox:2']);
      },
      'fewer replicas of it': alice(({ prod }) => ['scale', 'statefulset/db', '-n', prod, '--replicas=1']),
      'more replicas': alice(({ prod }) => ['scale', 'deployment/shop', '-n', prod, '--replicas=2']),
      'a ConfigMap': async (place) => {
        await configMap('soon-gone')(place);
        return await kubectl('alice', ['delete', 'configmap/soon-gone', '-n', place.prod]);
      },
    },
  },
  'node-and-service-proxy.yaml': {
    deeds: [
      {
        sentence: 'the kubelet of a node',
        act: alice(({ node }) => ['get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`]),
        approvers: TWO,
        reason: true,
        again: true,
        done: ({ stdout }) => expect(stdout).toBe('ok'),
      },
      {
        sentence: 'the port of a pod',
        act: alice(({ prod }) => ['get', '--raw', `/api/v1/namespaces/${prod}/pods/web-0:8080/proxy/etc/hostname`]),
        approvers: ['bob'],
        again: true,
      },
    ],
    free: {
      'the node itself': alice(({ node }) => ['get', 'node', node]),
      'the port of a pod elsewhere': alice(({ other }) => [
        'get',
        '--raw',
        `/api/v1/namespaces/${other}/pods/web-0:8080/proxy/etc/hostname`,
      ]),
    },
  },
  'privileged-pods.yaml': {
    deeds: [
      {
        sentence: 'a pod in the namespaces of its node, which pauses',
        act: ({ prod }) => apply('alice', pod(prod, 'reaching', { hostPID: true })),
        approvers: TWO,
        waits: true,
      },
      {
        sentence: 'a workload with a privileged container, which pauses',
        act: ({ prod }) => apply('alice', privileged(deployment(prod, 'reaching'))),
        approvers: TWO,
        waits: true,
      },
      {
        sentence: 'a privileged debug container, which pauses',
        act: alice(({ prod }) => debug(prod, 'sysadmin')),
        approvers: TWO,
        waits: true,
      },
    ],
    free: {
      'another debug container': alice(({ other }) => debug(other, 'general')),
      'another pod': ({ prod }) => apply('alice', pod(prod, 'plain', {})),
      'another workload': ({ prod }) => apply('alice', deployment(prod, 'plain')),
      'its scale': alice(({ prod }) => ['scale', 'deployment/plain', '-n', prod, '--replicas=2']),
    },
  },
};
