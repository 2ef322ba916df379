import type { Requester, UserInfo } from '../api/kinds.ts';
import { isServiceAccount } from '../approval/person.ts';
import type { Operation } from '../attributes/attributes.ts';
import { hasCredentialId } from '../attributes/credential-id.ts';
import type { DecisionSettings } from './settings.ts';

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

/** What the API server calls itself where it calls itself (k8s.io/apiserver, pkg/authentication/user). */
export const API_SERVER_USERNAME = 'system:apiserver';

/**
 * Usernames of the other components of the control plane, and of nodes. RE2, in the webhook configuration, and JavaScript
 * read it alike: their dots differ.
 */
export const COMPONENT_USERNAME_PATTERN = String.raw`^system:(kube-[a-z-]+|node:[^\n]+)$`;

const COMPONENT_USERNAME = new RegExp(COMPONENT_USERNAME_PATTERN);

/** Groups of components begin so. One of them is of people. */
export const COMPONENT_GROUP_PREFIX = 'system:';
export const PEOPLES_GROUP = 'system:masters';
/** Amazon EKS puts its Windows nodes into it. */
export const WINDOWS_NODES_GROUP = 'eks:kube-proxy-windows';

/** Whose deletions follow from one that was judged before: a namespace's, or an owner's. */
export const COLLECTOR_USERNAMES: readonly string[] = ['namespace-controller', 'generic-garbage-collector'].map(
  kubeSystem,
);

function kubeSystem(name: string): string {
  return `system:serviceaccount:kube-system:${name}`;
}

/** What tells the cluster's own identities from who impersonates them. */
export type ClassSettings = Pick<DecisionSettings, 'ourUsernames' | 'impersonationShows'> &
  Partial<Pick<DecisionSettings, 'people'>>;

/** R32: whoever never waits does so for writes alone; a stream into a pod is somebody's. */
export function neverWaits(requester: RequesterClass, operation: Operation): boolean {
  return requester === 'System' && operation !== 'CONNECT';
}

/** R32: the cluster's own machinery, and Sallyport, never wait. R21: an agent is whom somebody owns. */
export function requesterClass(user: UserInfo, settings: ClassSettings): RequesterClass {
  if (isTheClusterItself(user, settings)) return 'System';
  if (settings.people?.()?.ofUsername(user.username).owner !== undefined) return 'Agent';
  return isServiceAccount(user.username) ? 'ServiceAccount' : 'Human';
}

/**
 * R23: a name is not enough, since whoever may impersonate chooses it, with groups that give it rights. Where an impersonated
 * user shows by the credential id that is missing, ServiceAccounts must have one. Other components need not: certificates
 * have one since Kubernetes 1.32 only, nodes that log in by a cloud's tokens never. The API server itself has a uid then,
 * and the others are in no group of people. The webhook configuration says the same in CEL (not-the-cluster-itself.ts).
 */
function isTheClusterItself(user: UserInfo, { ourUsernames, impersonationShows }: ClassSettings): boolean {
  const { username, uid = '', groups } = user;
  const isOurs = ourUsernames.has(username);
  const isController = CONTROLLERS.has(username);
  const isComponent = COMPONENT_USERNAME.test(username);
  if (impersonationShows === true && hasCredentialId(user))
    return isOurs || isController || isComponent || username === API_SERVER_USERNAME;
  if (username === API_SERVER_USERNAME) return uid !== '';
  if (isOurs) return impersonationShows !== true && !groups.includes(PEOPLES_GROUP);
  return ((isController && impersonationShows !== true) || isComponent) && groups.every(isGroupOfComponents);
}

function isGroupOfComponents(group: string): boolean {
  return group === WINDOWS_NODES_GROUP || (group.startsWith(COMPONENT_GROUP_PREFIX) && group !== PEOPLES_GROUP);
}
