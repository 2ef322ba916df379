/** Kinds of Kubernetes by group and resource: an Event names a kind, and an action only its resource. */
const KINDS: Readonly<Record<string, string>> = {
  '/pods': 'Pod',
  '/services': 'Service',
  '/configmaps': 'ConfigMap',
  '/secrets': 'Secret',
  '/serviceaccounts': 'ServiceAccount',
  '/namespaces': 'Namespace',
  '/nodes': 'Node',
  '/persistentvolumes': 'PersistentVolume',
  '/persistentvolumeclaims': 'PersistentVolumeClaim',
  'apps/deployments': 'Deployment',
  'apps/statefulsets': 'StatefulSet',
  'apps/daemonsets': 'DaemonSet',
  'apps/replicasets': 'ReplicaSet',
  'batch/jobs': 'Job',
  'batch/cronjobs': 'CronJob',
  'networking.k8s.io/ingresses': 'Ingress',
  'networking.k8s.io/networkpolicies': 'NetworkPolicy',
  'policy/poddisruptionbudgets': 'PodDisruptionBudget',
  'autoscaling/horizontalpodautoscalers': 'HorizontalPodAutoscaler',
  'rbac.authorization.k8s.io/roles': 'Role',
  'rbac.authorization.k8s.io/rolebindings': 'RoleBinding',
  'rbac.authorization.k8s.io/clusterroles': 'ClusterRole',
  'rbac.authorization.k8s.io/clusterrolebindings': 'ClusterRoleBinding',
};

/** Undefined where it is not of Kubernetes itself, or not of those that people act on. */
export function kubernetesKind(group: string, resource: string): string | undefined {
  return Object.hasOwn(KINDS, `${group}/${resource}`) ? KINDS[`${group}/${resource}`] : undefined;
}
