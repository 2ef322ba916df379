import { stringify } from 'yaml';
import { PEOPLE_MAP } from '../../src/platform/identity/people-map.ts';

const LABELS = { 'app.kubernetes.io/part-of': 'sallyport' };

export interface ServicePorts {
  /** Of the webhook. */
  readonly port: number;
  readonly evidencePort: number;
}

/** A Service without a selector, with an EndpointSlice that leads to a process of this machine. */
export function service(namespace: string, address: string, ports: ServicePorts): string {
  return documents(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'sallyport', namespace, labels: LABELS },
      spec: {
        ports: [
          { name: 'webhook', port: 443, targetPort: ports.port },
          { name: 'evidence', port: 8448, targetPort: ports.evidencePort },
        ],
      },
    },
    endpointSlice('sallyport', namespace, address, ports.port, ports.evidencePort),
  );
}

/** Leads the Service to one more process. */
export function endpointSlice(
  name: string,
  namespace: string,
  address: string,
  port: number,
  evidencePort?: number,
): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { ...LABELS, 'kubernetes.io/service-name': 'sallyport' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [
      { name: 'webhook', port, protocol: 'TCP' },
      ...(evidencePort === undefined ? [] : [{ name: 'evidence', port: evidencePort, protocol: 'TCP' }]),
    ],
  };
}

/** Where developers and sre may edit: in the named namespaces, or, for tests that make their own, everywhere. */
export type Playground = 'prod and dev' | 'everywhere';

/**
 * What developers and sre may do: edit and exec in the playground, create ClusterRoleBindings to view, and ask and vote.
 * Nowhere else: whoever edits the system namespace or kube-system can mint the tokens of who passes the gate.
 */
export function people(where: Playground): string {
  const groups = ['developers', 'sre'].map((name) => ({ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' }));
  const bind = (name: string, role: string, subjects = groups) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  });
  const bindIn = (namespace: string, role: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `playground-${role}`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: groups,
  });
  const rules = [
    {
      apiGroups: [''],
      resources: ['namespaces'],
      verbs: ['get', 'list', 'watch', 'create', 'delete', 'update', 'patch'],
    },
    { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['patch', 'update'] },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterrolebindings'],
      verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'],
    },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['view', 'edit'],
      verbs: ['get', 'bind'],
    },
  ];
  return documents(
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'playground' }, rules },
    bind('playground', 'playground'),
    ...(where === 'everywhere'
      ? [bind('playground-edit', 'edit')]
      : ['prod', 'dev'].map((namespace) => bindIn(namespace, 'edit'))),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'playground-people-reader', namespace: 'sallyport-system' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'sallyport-people-reader' },
      subjects: groups,
    },
    bind('playground-requesters', 'sallyport-requester'),
    bind('playground-viewers', 'sallyport-viewer'),
    bind(
      'playground-evidence',
      'sallyport-evidence-reader',
      groups.filter(({ name }) => name === 'sre'),
    ),
    bind(
      'playground-approvers',
      'sallyport-approver',
      groups.filter(({ name }) => name === 'sre'),
    ),
  );
}

/** R21: the ConfigMap of who is who. The fence guards it: it is written before Sallyport runs. */
export function peopleMap(namespace: string, people: string): string {
  const metadata = { name: PEOPLE_MAP.name, namespace, labels: LABELS };
  return documents({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [PEOPLE_MAP.key]: people } });
}

/** alice, bob and carol, each with a second username, an email, and an id of a Slack workspace that does not exist. */
export function playgroundPeople(): string {
  const groups = { alice: ['developers'], bob: ['sre'], carol: ['sre'] };
  return stringify({
    people: Object.entries(groups).map(([person, theirs]) => ({
      person,
      usernames: [person, `${person}-admin`],
      emails: [`${person}@example.com`],
      slack: [`T0SALLYPORT/U0${person.toUpperCase()}`],
      groups: theirs,
      agents: [`${person}-agent`],
    })),
  });
}

/** Namespaces prod (env=prod) and dev, each with a pod web-0. */
export function playground(): string {
  return documents(
    ...['prod', 'dev'].flatMap((namespace) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { env: namespace } } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web-0', namespace, labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            { name: 'app', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['httpd', '-f', '-p', '8080'] },
          ],
        },
      },
    ]),
  );
}

function documents(...objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}
