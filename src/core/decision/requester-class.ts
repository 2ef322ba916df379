import type { Requester } from '../api/kinds.ts';
import { isServiceAccount } from '../approval/person.ts';

export type RequesterClass = NonNullable<Requester['class']>;

/**
 * The ServiceAccounts under which kube-controller-manager runs its controllers (--use-service-account-credentials), by
 * name: everything else in kube-system, add-ons included, asks like anybody.
 * Source: cmd/kube-controller-manager/names/controller_names.go.
 */
const CONTROLLER_SERVICE_ACCOUNTS: readonly string[] = [
  'attachdetach-controller',
  'bootstrap-signer',
  'certificate-controller',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'route-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'statefulset-controller',
  'storage-version-garbage-collector',
  'storageversionmigrator-controller',
  'taint-eviction-controller',
  'token-cleaner',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
];

export const CONTROLLER_USERNAMES: readonly string[] = CONTROLLER_SERVICE_ACCOUNTS.map(kubeSystem);

const CONTROLLERS: ReadonlySet<string> = new Set(CONTROLLER_USERNAMES);

/**
 * Usernames of components of the control plane. RE2, in the webhook configuration, and JavaScript read it alike: their
 * dots differ. system:masters is a group of people here, not a component.
 */
export const SYSTEM_USERNAME_PATTERN = String.raw`^system:(apiserver|kube-[a-z-]+|node:[^\n]+)$`;

const SYSTEM_USERNAME = new RegExp(SYSTEM_USERNAME_PATTERN);

/** Whose deletions follow from one that was judged before: a namespace's, or an owner's. */
export const COLLECTOR_USERNAMES: readonly string[] = ['namespace-controller', 'generic-garbage-collector'].map(
  kubeSystem,
);

function kubeSystem(name: string): string {
  return `system:serviceaccount:kube-system:${name}`;
}

/** R32: the cluster's own machinery never waits. `ours` are the usernames of Sallyport's identities. */
export function requesterClass(username: string, ours: ReadonlySet<string>): RequesterClass {
  if (SYSTEM_USERNAME.test(username) || CONTROLLERS.has(username) || ours.has(username)) return 'System';
  return isServiceAccount(username) ? 'ServiceAccount' : 'Human';
}
