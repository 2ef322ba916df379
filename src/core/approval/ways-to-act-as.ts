/** One question to the cluster's authorizers; what is left out is none. */
export interface WayToActAs {
  /** `impersonate user alice`: for messages. */
  readonly words: string;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/**
 * Every right by which somebody else could act as this user, as far as Kubernetes' own API has them. Impersonation has two
 * verbs since KEP-5284 (constrained impersonation). A client certificate of any name is signed for who may approve one
 * (certificates.k8s.io, signer kube-apiserver-client). Whoever runs a pod as a ServiceAccount, runs commands in one that
 * does, or reads Secrets beside it, has its token.
 */
export function waysToActAs(username: string): readonly WayToActAs[] {
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  const own = namespace === undefined || name === undefined ? asUser(username) : asServiceAccount(namespace, name);
  return [...own, ...asCertificate(username)];
}

function asUser(username: string): WayToActAs[] {
  const user = { version: 'v1', resource: 'users', name: username, words: `impersonate user ${username}` };
  return [
    { ...user, group: '', verb: 'impersonate' },
    { ...user, group: 'authentication.k8s.io', verb: 'impersonate:user-info' },
  ];
}

/** What starts pods that may run as any ServiceAccount of their namespace. */
const STARTS_PODS: readonly (readonly [group: string, resource: string])[] = [
  ['', 'pods'],
  ['', 'replicationcontrollers'],
  ['apps', 'deployments'],
  ['apps', 'statefulsets'],
  ['apps', 'daemonsets'],
  ['apps', 'replicasets'],
  ['batch', 'jobs'],
  ['batch', 'cronjobs'],
];

function asServiceAccount(namespace: string, name: string): WayToActAs[] {
  const account = { version: 'v1', resource: 'serviceaccounts', namespace, name };
  const core = { version: 'v1', group: '', namespace };
  const who = `ServiceAccount ${namespace}/${name}`;
  return [
    { ...account, group: '', verb: 'impersonate', words: `impersonate ${who}` },
    { ...account, group: 'authentication.k8s.io', verb: 'impersonate:serviceaccount', words: `impersonate ${who}` },
    { ...account, group: '', subresource: 'token', verb: 'create', words: `create tokens of ${who}` },
    ...STARTS_PODS.map(([group, resource]) => ({
      ...core,
      group,
      resource,
      verb: 'create',
      words: `create ${resource} in namespace ${namespace}, which run as any ServiceAccount there`,
    })),
    {
      ...core,
      resource: 'pods',
      subresource: 'exec',
      verb: 'create',
      words: `exec into pods of namespace ${namespace}`,
    },
    { ...core, resource: 'secrets', verb: 'get', words: `read Secrets of namespace ${namespace}` },
  ];
}

const SIGNER = 'kubernetes.io/kube-apiserver-client';

function asCertificate(username: string): WayToActAs[] {
  return [SIGNER, 'kubernetes.io/*'].map((name) => ({
    verb: 'approve',
    group: 'certificates.k8s.io',
    version: 'v1',
    resource: 'signers',
    name,
    words: `approve a certificate of the name ${username}`,
  }));
}
