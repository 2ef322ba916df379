import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  ALICE,
  createAttributes,
  deleteAttributes,
  deployment,
  execAttributes,
  updateAttributes,
} from '../../../test/builders/attributes.ts';
import { livePodWith } from '../../../test/builders/live-pod.ts';
import { describeAction } from './action.ts';
import type { Attributes } from './attributes.ts';
import { digestOf, fingerprintOf } from './digest.ts';
import type { Json, JsonObject } from './json.ts';

const hmac = (value: string) => `hmac-sha256:${createHmac('sha256', 'key').update(value).digest('hex')}`;

function digest(attributes: Attributes): string {
  const described = describeAction(attributes, hmac);
  return described.kind === 'Action' ? digestOf(described.action) : described.kind;
}

const meta = (fields: JsonObject) =>
  deployment({ metadata: { ...(deployment()['metadata'] as JsonObject), ...fields } });

const POD = { group: '', resource: 'pods', kind: 'Pod' };
const SECRET = { group: '', resource: 'secrets', kind: 'Secret', name: 's' };

function pod(overrides: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0', namespace: 'prod' },
    spec: { containers: [{ name: 'app' }], ...spec },
    ...overrides,
  };
}
const createPod = (spec: JsonObject, metadata: JsonObject = { name: 'web-0' }) =>
  createAttributes(pod({ metadata }, spec), POD);
const createSecret = (data: JsonObject) =>
  createAttributes({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data }, SECRET);
const mounted = (volumes: readonly string[], mount: string): JsonObject => ({
  volumes: volumes.map((name, index) => ({ name, ...(index === 1 ? { hostPath: { path: '/' } } : {}) })),
  containers: [{ name: 'app', volumeMounts: [{ name: mount, mountPath: '/x' }] }],
});
const debug = (name: string, image = 'busybox') =>
  updateAttributes(
    pod({ metadata: { name: 'web-0', uid: 'p1' } }, { ephemeralContainers: [{ name, image }] }),
    pod({ metadata: { name: 'web-0', uid: 'p1' } }),
    {
      ...POD,
      subresource: 'ephemeralcontainers',
      name: 'web-0',
    },
  );
const job = (uid: string) =>
  createAttributes(
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j', uid, labels: { 'controller-uid': uid } },
      spec: { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } },
    },
    { group: 'batch', resource: 'jobs', kind: 'Job', name: 'j' },
  );
const generated = (name?: string) => {
  const metadata = { generateName: 'web-', ...(name === undefined ? {} : { name }) };
  const attributes = createAttributes(pod({ metadata }), { ...POD, name: name ?? '' });
  return name === undefined ? without(attributes, 'name') : attributes;
};

const generatedJob = (name: string, label = name) =>
  createAttributes(
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, generateName: 'copy-' },
      spec: {
        template: { metadata: { labels: { 'job-name': label, 'batch.kubernetes.io/job-name': label, a: 'b' } } },
      },
    },
    { group: 'batch', resource: 'jobs', kind: 'Job', name },
  );
const drawnService = (clusterIP: string, written: JsonObject = {}) =>
  createAttributes(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', managedFields: [{ fieldsV1: { 'f:spec': { 'f:ports': {}, ...written } } }] },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
    },
    { group: '', resource: 'services', kind: 'Service', name: 's' },
  );

const node = (address: string) =>
  createAttributes(
    { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address }] } },
    { group: '', resource: 'nodes', kind: 'Node', name: 'n' },
  );

describe('[R11] the digest changes with', () => {
  test.each<[string, Attributes, Attributes]>([
    ['the status of a Node, which its author may write', node('192.0.2.1'), node('192.0.2.2')],
    [
      'a label of a Job that is not its name',
      generatedJob('copy-bcdfg', 'copy-other'),
      generatedJob('copy-bcdfg', 'copy-third'),
    ],
    [
      'the address that was chosen for a Service',
      drawnService('10.0.0.8', { 'f:clusterIP': {} }),
      drawnService('10.0.0.9', { 'f:clusterIP': {} }),
    ],
    ['the command of an exec', execAttributes(), execAttributes({}, { command: ['ls', '-l'] })],
    [
      'the words of a command',
      execAttributes({}, { command: ['rm', 'a b'] }),
      execAttributes({}, { command: ['rm', 'a', 'b'] }),
    ],
    [
      'the container',
      execAttributes({ pod: livePodWith({ containers: ['app', 'x'] }) }, { container: 'app' }),
      execAttributes({ pod: livePodWith({ containers: ['app', 'x'] }) }, { container: 'x' }),
    ],
    ['tty', execAttributes(), execAttributes({}, { tty: true })],
    ['stdin', execAttributes(), execAttributes({}, { stdin: true })],
    ['the uid of the live pod', execAttributes(), execAttributes({ pod: livePodWith({ uid: 'another' }) })],
    ['the name', execAttributes(), execAttributes({ name: 'web-1' })],
    ['the namespace', execAttributes(), execAttributes({ namespace: 'dev' })],
    [
      'exec to attach',
      execAttributes({}, { command: [] }),
      execAttributes({ subresource: 'attach', object: { stdout: true, stderr: true } }),
    ],
    ['the version of the API', createAttributes(), createAttributes(deployment(), { version: 'v1beta1' })],
    ['a field of a created object', createAttributes(), createAttributes(deployment({ spec: { replicas: 2 } }))],
    ['a label of a created object', createAttributes(), createAttributes(meta({ labels: {} }))],
    [
      'the changed path',
      updateAttributes(deployment({ spec: { a: 1 } })),
      updateAttributes(deployment({ spec: { b: 1 } })),
    ],
    [
      'the new value',
      updateAttributes(deployment({ spec: { replicas: 2 } })),
      updateAttributes(deployment({ spec: { replicas: 3 } })),
    ],
    [
      'the old value',
      updateAttributes(deployment({ spec: { replicas: 5 } }), deployment({ spec: { replicas: 1 } })),
      updateAttributes(deployment({ spec: { replicas: 5 } }), deployment({ spec: { replicas: 2 } })),
    ],
    [
      'the uid of the changed object',
      updateAttributes(),
      updateAttributes(meta({ uid: 'x', labels: {} }), meta({ uid: 'x' })),
    ],
    ['the propagation of a delete', deleteAttributes(), deleteAttributes({ propagationPolicy: 'Orphan' })],
    ['the grace period of a delete', deleteAttributes(), deleteAttributes({ gracePeriodSeconds: 0 })],
    ['the preconditions of a delete', deleteAttributes(), deleteAttributes({ preconditions: { uid: 'x' } })],
    [
      'a delete past what cannot be read',
      deleteAttributes(),
      deleteAttributes({ ignoreStoreReadErrorWithClusterBreakingPotential: true }),
    ],
    ['the uid of the deleted object', deleteAttributes(), deleteAttributes({}, { oldObject: meta({ uid: 'x' }) })],
    ['delete to update', deleteAttributes(), updateAttributes()],
    ['the value of a Secret', createSecret({ a: 'MQ==' }), createSecret({ a: 'Mg==' })],
    [
      'a key of a Secret named __proto__',
      createSecret({}),
      createSecret(JSON.parse('{"__proto__":"MQ=="}') as JsonObject),
    ],
    [
      'a chosen name',
      generated(),
      createAttributes(pod({ metadata: { generateName: 'web-', name: 'web-chosen' } }), { ...POD, name: 'web-chosen' }),
    ],
    [
      'a referenced Secret that is named like a generated name',
      createPod({ envFrom: [{ secretRef: { name: 'debugger-aaaaa' } }] }),
      createPod({ envFrom: [{ secretRef: { name: 'debugger-bbbbb' } }] }),
    ],
    [
      'a label that is named name',
      createPod({}, { labels: { name: 'debugger-aaaaa' } }),
      createPod({}, { labels: { name: 'debugger-bbbbb' } }),
    ],
    [
      'which of two volumes with generated names is mounted',
      createPod(mounted(['kube-api-access-aaaaa', 'kube-api-access-bbbbb'], 'kube-api-access-aaaaa')),
      createPod(mounted(['kube-api-access-aaaaa', 'kube-api-access-bbbbb'], 'kube-api-access-bbbbb')),
    ],
    ['the image of a debug container', debug('debugger-aaaaa'), debug('debugger-aaaaa', 'evil')],
    [
      'a key named __proto__',
      createAttributes(),
      createAttributes(deployment(JSON.parse('{"__proto__":{"a":1}}') as JsonObject)),
    ],
  ])('%s', (_, a, b) => {
    expect(digest(a)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digest(b)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digest(a)).not.toBe(digest(b));
  });
});

describe('[R10] [R11] the digest does not change with', () => {
  const bob = { username: 'bob', groups: [], extra: {} };
  test.each<[string, Attributes, Attributes]>([
    ['who asks', execAttributes(), execAttributes({ user: bob })],
    ['an option that the server would take anyway', execAttributes(), execAttributes({}, { container: 'app' })],
    ['tty: false, which the server leaves out', execAttributes(), execAttributes({}, { tty: false })],
    ['the uid of a created object', createAttributes(), createAttributes(meta({ uid: 'x' }))],
    ['resourceVersion', createAttributes(), createAttributes(meta({ resourceVersion: '9' }))],
    ['managedFields', createAttributes(), createAttributes(meta({ managedFields: [{ manager: 'helm' }] }))],
    ['creationTimestamp', createAttributes(), createAttributes(meta({ creationTimestamp: null }))],
    ['generation', createAttributes(), createAttributes(meta({ generation: 2 }))],
    ['the status of a created object', createAttributes(), createAttributes(deployment({ status: { replicas: 1 } }))],
    [
      'the order of keys',
      createAttributes(),
      createAttributes(Object.fromEntries<Json>(Object.entries(deployment()).toReversed())),
    ],
    ['the name that a generateName got', generated('web-bcdfg'), generated('web-zxwvt')],
    ['a generated name that is not there yet', generated(), generated('web-zxwvt')],
    [
      'the name of the token volume',
      createPod(mounted(['kube-api-access-aaaaa'], 'kube-api-access-aaaaa')),
      createPod(mounted(['kube-api-access-bbbbb'], 'kube-api-access-bbbbb')),
    ],
    ['the name of a debug container', debug('debugger-aaaaa'), debug('debugger-bbbbb')],
    ['the controller-uid of a Job', job('5c1e5a1c'), job('f2f2f2f2')],
    ['the labels of a Job whose name was generated', generatedJob('copy-bcdfg'), generatedJob('copy-zxwvt')],
    ['the address that a Service was given', drawnService('10.0.0.8'), drawnService('10.0.0.9')],
    [
      'resourceVersion of an update',
      updateAttributes(),
      updateAttributes(
        deployment({
          spec: { replicas: 2 },
          metadata: {
            ...(deployment()['metadata'] as JsonObject),
            resourceVersion: '8',
            generation: 2,
            managedFields: [],
          },
        }),
      ),
    ],
    ['dryRun of a delete', deleteAttributes(), deleteAttributes({ dryRun: ['All'] })],
    [
      'an option of a delete that says what is the default',
      deleteAttributes(),
      deleteAttributes({ ignoreStoreReadErrorWithClusterBreakingPotential: false, preconditions: {} }),
    ],
  ])('%s', (_, a, b) => {
    expect(digest(a)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digest(b)).toBe(digest(a));
  });
});

test('[R10] the fingerprint is that of username, uid and digest, and of nothing else', () => {
  const fingerprint = fingerprintOf(ALICE, 'd');
  expect(fingerprintOf({ ...ALICE, groups: [], extra: {} } as typeof ALICE, 'd')).toBe(fingerprint);
  expect(fingerprintOf({ ...ALICE, username: 'bob' }, 'd')).not.toBe(fingerprint);
  expect(fingerprintOf({ ...ALICE, uid: 'other' }, 'd')).not.toBe(fingerprint);
  expect(fingerprintOf(ALICE, 'e')).not.toBe(fingerprint);
  expect(fingerprintOf({ username: 'a', uid: 'b' }, 'd')).not.toBe(fingerprintOf({ username: 'ab', uid: '' }, 'd'));
});

test('[R11] a value of a Secret never stands in the action', () => {
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"aHVudGVyMg=="}}' };
  const secret = (value: string, uid: string): JsonObject => ({
    metadata: { name: 's', uid, annotations: applied },
    data: { a: value },
    stringData: { b: 'hunter2' },
  });
  const attributes = [
    createAttributes(secret('aHVudGVyMg==', 'u'), SECRET),
    updateAttributes(secret('aHVudGVyMg==', 'u'), { ...secret('b2xk', 'u'), stringData: {} }, SECRET),
  ];
  for (const described of attributes.map((entry) => describeAction(entry, hmac))) {
    expect(described.kind).toBe('Action');
    const text = JSON.stringify(described);
    expect(text).not.toMatch(/aHVudGVyMg|b2xk|hunter2/);
    expect(text).toContain('hmac-sha256:');
  }
});

describe('[R11] what is no action', () => {
  test.each<[string, Attributes, string]>([
    [
      'an update of managedFields alone changes nothing',
      updateAttributes(meta({ managedFields: [], resourceVersion: '8' })),
      'NothingChanged',
    ],
    ['an option of exec that we do not know', execAttributes({}, { env: ['A=1'] }), 'UnknownOption'],
    ['a CONNECT that we do not know', execAttributes({ subresource: 'vnc' }), 'UnknownOption'],
    [
      'no container named where there are two',
      execAttributes({ pod: livePodWith({ containers: ['a', 'b'] }) }),
      'ContainerNotNamed',
    ],
    ['exec into a pod that is not there', without(execAttributes(), 'pod'), 'NoTarget'],
    ['[R44] a delete without a name', without(deleteAttributes(), 'name'), 'DeleteCollection'],
    ['a delete of what is not known', deleteAttributes({}, { oldObject: null }), 'NoTarget'],
    ['an update without the old object', updateAttributes(deployment(), deployment(), { oldObject: null }), 'NoTarget'],
  ])('%s', (_, attributes, expected) => {
    const described = describeAction(attributes, hmac);
    expect(described.kind === 'Refused' ? described.reason : described.kind).toBe(expected);
  });

  test('a field that is set to what looks like a normalised one has changed', () => {
    const before = meta({ labels: { owner: 'dep-uid' } });
    expect(digest(updateAttributes(meta({ labels: { owner: '<uid>' } }), before))).toMatch(/^sha256:/);
  });
});

function without(attributes: Attributes, key: 'pod' | 'name'): Attributes {
  const { [key]: _, ...rest } = attributes;
  return rest;
}
