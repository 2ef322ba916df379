/** AdmissionReviews as kube-apiserver 1.36 writes them: key order, equivalent kinds, managedFields left to padding. */
export const PAYLOADS = ['exec', 'binding', 'deployment-3k', 'deployment-30k', 'deployment-200k'] as const;
export type PayloadName = (typeof PAYLOADS)[number];

export interface Payload {
  readonly name: PayloadName;
  readonly class: 'connect' | 'write';
  readonly body: string;
}

/** The bytes of a whole review: object and oldObject, half each. */
const DEPLOYMENT_BYTES: Partial<Record<PayloadName, number>> = {
  'deployment-3k': 3_000,
  'deployment-30k': 30_000,
  'deployment-200k': 200_000,
};

/** A review that no policy of policies.ts asks an approval for, although its rules and its namespace match. */
export function ungated(name: PayloadName): Payload {
  switch (name) {
    case 'exec':
      return { name, class: 'connect', body: execReview('robot', 'ls') };
    case 'binding':
      return { name, class: 'write', body: bindingReview('view') };
    default:
      return { name, class: 'write', body: deploymentReview(DEPLOYMENT_BYTES[name] ?? 0, 3) };
  }
}

/** What the policies ask an approval for: kubectl scale -n prod deployment <name> --replicas=0, by way of an edit. */
export function scaledToNothing(name: string): string {
  return deploymentReview(DEPLOYMENT_BYTES['deployment-3k'] ?? 0, 0, name);
}

/** kubectl exec -n prod web-0 -- echo <argument> */
export function execReview(username: string, argument: string): string {
  const kind = { group: '', version: 'v1', kind: 'PodExecOptions' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  return review({
    uid: UID,
    kind,
    resource,
    subResource: 'exec',
    requestKind: kind,
    requestResource: resource,
    requestSubResource: 'exec',
    name: 'web-0',
    namespace: 'prod',
    operation: 'CONNECT',
    userInfo: user(username),
    object: {
      kind: 'PodExecOptions',
      apiVersion: 'v1',
      stdout: true,
      stderr: true,
      container: 'app',
      command: ['echo', argument],
    },
    oldObject: null,
    dryRun: false,
    options: null,
  });
}

function bindingReview(role: string): string {
  const kind = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding' };
  const resource = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' };
  return review({
    uid: UID,
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: 'alice-views',
    operation: 'CREATE',
    userInfo: user('alice'),
    object: {
      kind: 'ClusterRoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        name: 'alice-views',
        uid: 'a3a3dbb8-7f0b-4e33-9d1c-6a3f6b9f4b7e',
        creationTimestamp: '2026-01-01T10:00:00Z',
        managedFields: [{ manager: 'kubectl-create', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: FIELDS }],
      },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    },
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create' },
  });
}

/** An UPDATE of a Deployment; `replicas: 0` is what the policies ask an approval for. */
function deploymentReview(bytes: number, replicas: number, name = 'web'): string {
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
  const resource = { group: 'apps', version: 'v1', resource: 'deployments' };
  const whole = (variables: number): string =>
    review({
      uid: UID,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name,
      namespace: 'prod',
      operation: 'UPDATE',
      userInfo: user('alice'),
      object: deployment(name, '2', replicas, variables),
      oldObject: deployment(name, '1', 2, variables),
      dryRun: false,
      options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-edit' },
    });
  const perVariable = (whole(1000).length - whole(0).length) / 1000;
  return whole(Math.max(0, Math.round((bytes - whole(0).length) / perVariable)));
}

function deployment(name: string, resourceVersion: string, replicas: number, variables: number): object {
  const labels = { app: 'web' };
  const env = Array.from({ length: variables }, (_, at) => ({
    name: `SETTING_${String(at).padStart(4, '0')}`,
    value: `https://service-${at % 50}.prod.svc.cluster.local:8443/path?mode=a&retries=3`,
  }));
  return {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: {
      name,
      namespace: 'prod',
      uid: 'a3a3dbb8-7f0b-4e33-9d1c-6a3f6b9f4b7e',
      resourceVersion,
      generation: Number(resourceVersion),
      creationTimestamp: '2026-01-01T10:00:00Z',
      labels,
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: 'app', image: 'registry.local/web:1', ports: [{ containerPort: 8080 }], env }],
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
        },
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    },
    status: { observedGeneration: 1, replicas: 2, readyReplicas: 2 },
  };
}

const UID = '00000000-0000-4000-8000-000000000000';

const FIELDS = {
  'f:roleRef': {},
  'f:subjects': {},
};

function user(username: string): object {
  return {
    username,
    uid: `uid-of-${username}`,
    groups: ['developers', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=5f0a'] },
  };
}

function review(request: object): string {
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
}
