import { stringify } from 'yaml';

/** A Service without a selector, with an EndpointSlice that leads to a process of this machine. */
export function service(namespace: string, address: string, port: number): string {
  const labels = { 'app.kubernetes.io/part-of': 'sallyport' };
  return documents(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'sallyport', namespace, labels },
      spec: { ports: [{ name: 'webhook', port: 443, targetPort: port }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'sallyport', namespace, labels: { ...labels, 'kubernetes.io/service-name': 'sallyport' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: 'webhook', port, protocol: 'TCP' }],
    },
  );
}

/** What developers and sre may do: edit and exec in both namespaces, and create ClusterRoleBindings to view. */
export function people(): string {
  const groups = ['developers', 'sre'].map((name) => ({ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' }));
  const bind = (name: string, role: string, subjects = groups) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
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
    bind('playground-edit', 'edit'),
    bind(
      'playground-approvers',
      'sallyport-approver',
      groups.filter(({ name }) => name === 'sre'),
    ),
  );
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
