import type { Requester } from '../api/kinds.ts';
import { isServiceAccount } from '../approval/person.ts';

export type RequesterClass = NonNullable<Requester['class']>;

/**
 * The ServiceAccounts under which kube-controller-manager runs its controllers (--use-service-account-credentials), by
 * name: everything else in kube-system, add-ons included, asks like anybody.
 * Source: cmd/kube-controller-manager/names/controller_names.go.
 */
export const CONTROLLER_SERVICE_ACCOUNTS: readonly string[] = [
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

const CONTROLLERS: ReadonlySet<string> = new Set(
  CONTROLLER_SERVICE_ACCOUNTS.map((name) => `system:serviceaccount:kube-system:${name}`),
);

/**
 * Usernames of components of the control plane. system:masters is a group of people here, not a component. Whom the
 * webhook configuration leaves out is written in RE2, whose dot is anything but a line feed; JavaScript's leaves out more.
 */
const SYSTEM_USERNAME = /^system:(?:apiserver|kube-[a-z-]+|node:[^\n]+)$/;

/** R32: the cluster's own machinery never waits. `ours` are the usernames of Sallyport's identities. */
export function requesterClass(username: string, ours: ReadonlySet<string>): RequesterClass {
  if (SYSTEM_USERNAME.test(username) || CONTROLLERS.has(username) || ours.has(username)) return 'System';
  return isServiceAccount(username) ? 'ServiceAccount' : 'Human';
}
