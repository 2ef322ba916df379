import type { UserInfo } from '../../src/core/api/kinds.ts';
import type { Attributes } from '../../src/core/attributes/attributes.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { livePodWith } from './live-pod.ts';

export const ALICE: UserInfo = {
  username: 'alice',
  uid: 'u-alice',
  groups: ['developers', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=aa'] },
};

/** `kubectl exec -n prod web-0 -- ls`, as alice. */
export function execAttributes(overrides: Partial<Attributes> = {}, options: JsonObject = {}): Attributes {
  return {
    user: ALICE,
    operation: 'CONNECT',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: 'exec',
    kind: 'PodExecOptions',
    namespace: 'prod',
    name: 'web-0',
    object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, stderr: true, command: ['ls'], ...options },
    oldObject: null,
    options: null,
    dryRun: false,
    pod: livePodWith(),
    ...overrides,
  };
}

/** A Deployment as the API server shows it to admission. */
export function deployment(overrides: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'prod',
      uid: 'dep-uid',
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      managedFields: [{ manager: 'kubectl' }],
      labels: { app: 'web' },
    },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'web:1' }] } } },
    status: {},
    ...overrides,
  };
}

const WRITE = {
  user: ALICE,
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespace: 'prod',
  name: 'web',
  options: null,
  dryRun: false,
} as const;

export function createAttributes(object: JsonObject = deployment(), overrides: Partial<Attributes> = {}): Attributes {
  return { ...WRITE, operation: 'CREATE', object, oldObject: null, ...overrides };
}

export function updateAttributes(
  object: JsonObject = deployment({ spec: { replicas: 2 } }),
  oldObject: JsonObject = deployment(),
  overrides: Partial<Attributes> = {},
): Attributes {
  return { ...WRITE, operation: 'UPDATE', object, oldObject, ...overrides };
}

export function deleteAttributes(options: JsonObject = {}, overrides: Partial<Attributes> = {}): Attributes {
  return {
    ...WRITE,
    operation: 'DELETE',
    object: null,
    oldObject: deployment(),
    options: { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background', ...options },
    ...overrides,
  };
}
