import type { JsonObject } from '../../src/core/attributes/json.ts';
import type { AuditEvent, AuditUser } from '../../src/core/evidence/audit-event.ts';
import { type Draws, drawsOf } from '../proof/seeded.ts';
import { ALLOWED_BY_RBAC, auditEvent } from './audit-event.ts';

/** What the writer of a log knows of it, for AUDIT_LOG_POLICY and AUDIT_LOG_NAMESPACES. */
export interface LogTruth {
  held: number;
  unknown: number;
  /** Actions that RBAC refused. */
  forbidden: number;
}

export interface LogOptions {
  readonly seed: number;
  readonly events: number;
  /** Milliseconds: of the first event. */
  readonly from: number;
  /** Over which they are spread. */
  readonly days: number;
}

/** Streams into production by people, deletions and changes of its Deployments, and cluster roles for anybody. */
export const AUDIT_LOG_POLICY = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'ApprovalPolicy',
  metadata: { name: 'production' },
  spec: {
    match: {
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['*'],
          operations: ['CONNECT'],
          resources: ['pods/exec', 'pods/attach', 'pods/portforward'],
        },
        { apiGroups: ['apps'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] },
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          apiVersions: ['*'],
          operations: ['CREATE'],
          resources: ['clusterrolebindings'],
        },
      ],
      namespaceSelector: { matchLabels: { env: 'prod' } },
      excludeSubjects: [{ kind: 'Group', name: 'ci' }],
    },
    approval: { stages: [{ name: 'oncall', approvers: [{ kind: 'Group', name: 'sre' }] }] },
  },
};

const NAMESPACES = ['shop', 'billing', 'search', 'dev', 'staging', 'tools'] as const;
const PRODUCTION: ReadonlySet<string> = new Set(['shop', 'billing', 'search']);

export const AUDIT_LOG_NAMESPACES: readonly object[] = NAMESPACES.map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { env: PRODUCTION.has(name) ? 'prod' : 'dev', 'kubernetes.io/metadata.name': name } },
}));

const BY_NAME: ReadonlyMap<string, JsonObject> = new Map(
  NAMESPACES.map((name, index) => [name, (AUDIT_LOG_NAMESPACES[index] ?? {}) as JsonObject]),
);

/** One of AUDIT_LOG_NAMESPACES. */
export function auditLogNamespace(name: string): JsonObject | undefined {
  return BY_NAME.get(name);
}

const person = (username: string): AuditUser => ({
  username: `${username}@example.com`,
  groups: ['developers', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${username}`] },
});
const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'].map(person) as [AuditUser, ...AuditUser[]];
const service = (namespace: string, name: string, ...groups: string[]): AuditUser => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  uid: '6d2f0a52-0000-4000-8000-000000000000',
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated', ...groups],
  extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
});
const CI = service('ci', 'deployer', 'ci');
const REPLICASETS = service('kube-system', 'replicaset-controller');
const node = (name: string): AuditUser => ({
  username: `system:node:${name}`,
  groups: ['system:nodes', 'system:authenticated'],
});

/** One thing that happens in a cluster: its events, but for time and id, and what it is for the policy. */
interface Happening {
  /** In a thousand. */
  readonly share: number;
  readonly make: (draws: Draws) => {
    readonly events: readonly Partial<AuditEvent>[];
    readonly is?: keyof LogTruth;
  };
}

const write = (
  verb: string,
  user: AuditUser,
  {
    group = '',
    resource,
    subresource,
    namespace,
    name,
  }: { group?: string; resource: string } & Partial<Record<'subresource' | 'namespace' | 'name', string>>,
  code = verb === 'create' ? 201 : 200,
): Partial<AuditEvent> => ({
  verb,
  user,
  requestURI: `/${group === '' ? 'api' : `apis/${group}`}/v1${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}${verb === 'create' || name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}?fieldManager=m\u0026timeout=32s`,
  objectRef: {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { apiGroup: group }),
    apiVersion: 'v1',
    ...(subresource === undefined ? {} : { subresource }),
  },
  responseStatus: { code },
});

function exec(draws: Draws, namespace: string, user: AuditUser) {
  const command = draws.oneOf(['id', 'env', 'sh&stdin=true&tty=true', 'ps&command=aux', 'cat&command=%2Fetc%2Fhosts']);
  const name = `web-${draws.between(0, 20)}`;
  return {
    user,
    requestURI: `/api/v1/namespaces/${namespace}/pods/${name}/exec?command=${command}&container=app&stderr=true&stdout=true`,
    objectRef: { resource: 'pods', namespace, name, apiVersion: 'v1', subresource: 'exec' },
  };
}

const FORBIDDEN = { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' };

/** As the audit log of a cluster reads whose policy keeps everything at Metadata: mostly machines that look at things. */
const HAPPENINGS: readonly Happening[] = [
  {
    share: 300,
    make: (draws) => {
      const name = `node-${draws.between(0, 40)}`;
      const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease', name };
      return { events: [write('update', node(name), lease)] };
    },
  },
  {
    share: 340,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const resource = draws.oneOf(['pods', 'configmaps', 'secrets', 'deployments', 'endpoints', 'services']);
      const verb = draws.oneOf(['get', 'list', 'watch']);
      return { events: [write(verb, draws.oneOf([CI, REPLICASETS, ...PEOPLE]), { resource, namespace }, 200)] };
    },
  },
  {
    share: 120,
    make: (draws) => {
      const user = node(`node-${draws.between(0, 40)}`);
      const pod = { resource: 'pods', subresource: 'status', namespace: draws.oneOf(NAMESPACES), name: 'web-1' };
      return { events: [write('patch', user, pod)] };
    },
  },
  {
    share: 90,
    make: (draws) => ({
      events: [write('create', REPLICASETS, { resource: 'events', namespace: draws.oneOf(NAMESPACES), name: 'web.1' })],
    }),
  },
  {
    share: 80,
    make: () => ({
      events: [write('create', CI, { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' })],
    }),
  },
  {
    share: 45,
    make: (draws) => ({
      events: [write('create', REPLICASETS, { resource: 'pods', namespace: draws.oneOf(NAMESPACES), name: 'web-9' })],
    }),
  },
  // The controller is System, and what CI deploys is left out.
  {
    share: 12,
    make: (draws) => ({
      events: [
        write('patch', CI, { group: 'apps', resource: 'deployments', namespace: draws.oneOf(NAMESPACES), name: 'web' }),
      ],
    }),
  },
  {
    share: 3,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const user = draws.oneOf(PEOPLE);
      const patch = write('patch', user, { group: 'apps', resource: 'deployments', namespace, name: 'web' });
      return { events: [patch], ...(PRODUCTION.has(namespace) ? { is: 'unknown' } : {}) };
    },
  },
  {
    share: 2,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const target = { group: 'apps', resource: 'deployments', namespace, name: 'new' };
      return {
        events: [write('create', draws.oneOf(PEOPLE), target)],
        ...(PRODUCTION.has(namespace) ? { is: 'held' } : {}),
      };
    },
  },
  {
    share: 1,
    make: (draws) => {
      const target = { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings', name: 'a' };
      return { events: [write('create', draws.oneOf(PEOPLE), target)], is: 'held' };
    },
  },
  {
    share: 5,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const stream = exec(draws, namespace, draws.oneOf(PEOPLE));
      const began = { ...stream, verb: 'get', stage: 'ResponseStarted' } as const;
      return {
        events: [began, { ...began, stage: 'ResponseComplete' }],
        ...(PRODUCTION.has(namespace) ? { is: 'held' } : {}),
      };
    },
  },
  // A proxy on the way that knows no WebSocket: kubectl tries again by SPDY.
  {
    share: 1,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const stream = exec(draws, namespace, draws.oneOf(PEOPLE));
      return {
        events: [
          { ...stream, verb: 'get', responseStatus: { code: 400 } },
          { ...stream, verb: 'create', auditID: 'spdy' },
        ],
        ...(PRODUCTION.has(namespace) ? { is: 'held' } : {}),
      };
    },
  },
  {
    share: 1,
    make: (draws) => {
      const namespace = draws.oneOf(NAMESPACES);
      const refused = { responseStatus: { code: 403 }, annotations: FORBIDDEN };
      return {
        events: [{ ...exec(draws, namespace, draws.oneOf(PEOPLE)), verb: 'get', ...refused }],
        ...(PRODUCTION.has(namespace) ? { is: 'forbidden' } : {}),
      };
    },
  },
];

const TOTAL = HAPPENINGS.reduce((sum, { share }) => sum + share, 0);

/** An API server's audit log, line by line in the order of time. `truth` is whole at the end. */
export function* auditLog({ seed, events, from, days }: LogOptions, truth: LogTruth): Generator<string> {
  const draws = drawsOf(seed);
  const step = (days * 24 * 3_600_000) / events;
  for (let made = 0; made < events; ) {
    const { events: of, is } = happening(draws).make(draws);
    const number = made;
    const at = from + number * step;
    for (const [index, event] of of.entries()) {
      const received = time(index === 0 || event.auditID === undefined ? at : at + 400, number);
      const auditID = `${seed.toString(16).padStart(8, '0')}-${String(number).padStart(12, '0')}${event.auditID ?? ''}`;
      const times = { requestReceivedTimestamp: received, stageTimestamp: time(at + 50 + index * 400, number) };
      if (index === 0) yield `${JSON.stringify(line({ ...event, ...times, stage: 'RequestReceived', auditID }))}\n`;
      yield `${JSON.stringify(line({ ...event, ...times, auditID }))}\n`;
      made += index === 0 ? 2 : 1;
    }
    if (is !== undefined) truth[is] += 1;
  }
}

/** Go writes it in this order, and `&` as an escape; JSON.parse sees no difference. */
function line(overrides: Partial<AuditEvent>): object {
  const { responseStatus, annotations, ...event } = auditEvent(overrides);
  return event.stage === 'RequestReceived'
    ? event
    : { ...event, responseStatus, annotations: annotations ?? ALLOWED_BY_RBAC };
}

function happening(draws: Draws): Happening {
  let at = draws.next() * TOTAL;
  for (const each of HAPPENINGS) {
    at -= each.share;
    if (at < 0) return each;
  }
  throw new Error('the shares are wrong');
}

/** Microseconds keep events of one millisecond apart. */
function time(ms: number, number: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(number % 1000).padStart(3, '0')}Z`;
}
