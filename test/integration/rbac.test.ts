import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOwnGroup, unknownSubresources } from '../../src/core/decision/known-subresources.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import { createDiscovery } from '../../src/platform/kube/discovery.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { verifies } from '../harness/verifies.ts';

const SYSTEM = 'sallyport-system';

let plane: ControlPlane;
let kubeconfig: string;

beforeAll(async () => {
  plane = await startControlPlane(18_930);
  await plane.apply(join(repositoryRoot(), 'deploy/namespace.yaml'));
  await plane.apply(join(repositoryRoot(), 'deploy'));
  kubeconfig = await plane.tokenKubeconfig(SYSTEM, 'sallyport');
});

afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

const GROUP = 'sallyport.dev';
const OURS = ['approvalpolicies', 'approvalrequests', 'approvalvotes'].map((kind) => `${kind}.${GROUP}`);

/** What deploy/ gives, and nothing else: `resource.group/name: verbs`. */
const INTENDED = {
  'sallyport-controller': {
    everywhere: [
      ...OURS.map((kind) => `${kind}: list watch`),
      'namespaces: list watch',
      `approvalpolicies.${GROUP}: get`,
      `approvalrequests/status.${GROUP}: update`,
      `approvalpolicies/status.${GROUP}: update`,
      `approvalrequests.${GROUP}: delete`,
      'validatingwebhookconfigurations.admissionregistration.k8s.io/sallyport-gate: get list watch update',
      'validatingwebhookconfigurations.admissionregistration.k8s.io/sallyport-own-kinds: get list watch update',
      'mutatingwebhookconfigurations.admissionregistration.k8s.io/sallyport-own-kinds: get list watch update',
      'validatingwebhookconfigurations.admissionregistration.k8s.io: create',
      'mutatingwebhookconfigurations.admissionregistration.k8s.io: create',
      'validatingadmissionpolicies.admissionregistration.k8s.io/sallyport-fence: get list watch update',
      'validatingadmissionpolicies.admissionregistration.k8s.io/sallyport-own-kinds: get list watch update',
      'validatingadmissionpolicybindings.admissionregistration.k8s.io/sallyport-fence: get list watch update',
      'validatingadmissionpolicybindings.admissionregistration.k8s.io/sallyport-own-kinds: get list watch update',
      'validatingadmissionpolicies.admissionregistration.k8s.io: create',
      'validatingadmissionpolicybindings.admissionregistration.k8s.io: create',
      'customresourcedefinitions.apiextensions.k8s.io/approvalpolicies.sallyport.dev: get',
      'events.events.k8s.io: create',
      'apiservices.apiregistration.k8s.io/v1alpha1.evidence.sallyport.dev: get update delete',
      'apiservices.apiregistration.k8s.io: create',
    ],
    system: [
      'secrets/sallyport-certificate-authority: get update',
      'secrets/sallyport-serving-certificate: get update',
      'secrets/sallyport-webhook-path: get update',
      'secrets/sallyport-keys: get update',
      'secrets: create',
      'leases.coordination.k8s.io/sallyport-controller: get update',
      'leases.coordination.k8s.io: create',
      'configmaps/sallyport-people: list watch',
    ],
  },
  'sallyport-webhook': {
    everywhere: [
      ...OURS.map((kind) => `${kind}: list watch`),
      'namespaces: list watch',
      'pods: get',
      `approvalrequests.${GROUP}: get create`,
      `approvalrequests/status.${GROUP}: update`,
      'subjectaccessreviews.authorization.k8s.io: create',
    ],
    system: [
      'secrets/sallyport-serving-certificate: list watch',
      'secrets/sallyport-webhook-path: list watch',
      'secrets/sallyport-keys: get update',
      'secrets: create',
      'configmaps/sallyport-people: list watch',
    ],
  },
  'sallyport-notify': {
    everywhere: [
      ...OURS.map((kind) => `${kind}: list watch`),
      'namespaces: list watch',
      `approvalrequests.${GROUP}: get`,
      `approvalrequests/status.${GROUP}: update`,
    ],
    system: [
      'secrets/sallyport-keys: get update',
      'configmaps/sallyport-people: list watch',
      'leases.coordination.k8s.io/sallyport-notify: get update',
      'secrets: create',
      'leases.coordination.k8s.io: create',
    ],
  },
  'sallyport-console': {
    everywhere: [
      ...OURS.map((kind) => `${kind}: list watch`),
      'namespaces: list watch',
      `approvalvotes.${GROUP}: create`,
      'records.evidence.sallyport.dev: list',
      'backtests.evidence.sallyport.dev: create relay',
      'subjectaccessreviews.authorization.k8s.io: create',
    ],
    system: ['configmaps/sallyport-people: list watch', 'secrets/sallyport-keys: get update', 'secrets: create'],
  },
  'sallyport-audit': {
    everywhere: [
      ...OURS.map((kind) => `${kind}: list watch`),
      'namespaces: list watch',
      `approvalrequests.${GROUP}: get`,
      `approvalrequests/status.${GROUP}: update`,
      'events.events.k8s.io: create',
    ],
    system: [
      'secrets/sallyport-ledger-key: get update',
      'secrets/sallyport-keys: get update',
      'secrets: create',
      'configmaps/sallyport-people: list watch',
    ],
  },
  'sallyport-evidence': {
    everywhere: ['subjectaccessreviews.authorization.k8s.io: create'],
    system: ['secrets/sallyport-serving-certificate: list watch'],
  },
  'sallyport-channels': { everywhere: [`approvalvotes.${GROUP}: create`], system: [] },
} as const;

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `kubectl auth can-i --list`, one line a resource, a name and its verbs. */
async function rulesOf(client: KubeClient, namespace: string): Promise<string[]> {
  const review = await client.create<{ status: { resourceRules: readonly Rule[]; incomplete: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
  );
  expect(review.status.incomplete).toBe(false);
  const lines = review.status.resourceRules.flatMap(({ verbs, apiGroups, resources, resourceNames = [''] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.map(
          (name) => `${resource}${group === '' ? '' : `.${group}`}${name === '' ? '' : `/${name}`}: ${verbs.join(' ')}`,
        ),
      ),
    ),
  );
  // Everybody may ask who they are and what they may do.
  return [...new Set(lines)].filter((line) => !line.startsWith('self')).sort();
}

describe('the ServiceAccounts of deploy/', () => {
  const accounts = {
    'sallyport-controller': [INTENDED['sallyport-controller']],
    'sallyport-webhook': [INTENDED['sallyport-webhook']],
    'sallyport-console': [INTENDED['sallyport-console']],
    'sallyport-audit': [INTENDED['sallyport-audit'], INTENDED['sallyport-evidence']],
    sallyport: Object.values(INTENDED),
  };
  test.each(Object.entries(accounts))('%s may do what it needs and nothing else', async (account, roles) => {
    const client = plane.clientOf(await plane.tokenKubeconfig(SYSTEM, account));
    const everywhere = roles.flatMap((role) => role.everywhere);
    const system = roles.flatMap((role) => role.system);
    // The authorizer hears of a new binding a moment later.
    await achieves('the bindings to count', async () => {
      expect(await rulesOf(client, SYSTEM)).toHaveLength(new Set<string>([...everywhere, ...system]).size);
    });
    expect(await rulesOf(client, 'prod')).toEqual([...new Set<string>(everywhere)].sort());
    expect(await rulesOf(client, SYSTEM)).toEqual([...new Set<string>([...everywhere, ...system])].sort());
    // How the front proxy shows itself, for who serves the API of evidence.
    const serves = roles.some((role) => role === INTENDED['sallyport-evidence']);
    const frontProxy = serves ? ['configmaps/extension-apiserver-authentication: get list watch'] : [];
    expect(await rulesOf(client, 'kube-system')).toEqual([...new Set<string>([...everywhere, ...frontProxy])].sort());
  });

  interface Question {
    readonly verb: string;
    readonly resource: string;
    readonly group?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  }
  const refused: Record<string, Question> = {
    'read another Secret of our namespace': { verb: 'get', resource: 'secrets', namespace: SYSTEM, name: 'other' },
    'read a vote by its name': { verb: 'get', group: GROUP, resource: 'approvalvotes', namespace: 'prod', name: 'x' },
    'list the Secrets of our namespace': { verb: 'list', resource: 'secrets', namespace: SYSTEM },
    'read a Secret elsewhere': { verb: 'get', resource: 'secrets', namespace: 'prod', name: 'sallyport-keys' },
    'delete its Secrets': { verb: 'delete', resource: 'secrets', namespace: SYSTEM, name: 'sallyport-keys' },
    'delete votes': { verb: 'delete', group: GROUP, resource: 'approvalvotes', namespace: 'prod' },
    'change votes': { verb: 'update', group: GROUP, resource: 'approvalvotes', namespace: 'prod' },
    'create policies': { verb: 'create', group: GROUP, resource: 'approvalpolicies' },
    'change the spec of policies': { verb: 'update', group: GROUP, resource: 'approvalpolicies' },
    'change the spec of requests': { verb: 'update', group: GROUP, resource: 'approvalrequests', namespace: 'prod' },
    'delete whole collections of requests': {
      verb: 'deletecollection',
      group: GROUP,
      resource: 'approvalrequests',
      namespace: 'prod',
    },
    'exec into pods': { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'prod' },
    impersonate: { verb: 'impersonate', resource: 'users' },
    'mint tokens': { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: SYSTEM },
    'change another webhook configuration': {
      verb: 'patch',
      group: 'admissionregistration.k8s.io',
      resource: 'validatingwebhookconfigurations',
      name: 'other',
    },
    'bind roles': { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  };
  test.each(Object.entries(refused))('none may %s', async (_sentence, question) => {
    const client = plane.clientOf(kubeconfig);
    const { status } = await client.create<{ status: { allowed: boolean } }>(
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: question },
      },
    );
    expect(status.allowed).toBe(false);
  });
});

test(`${verifies('R33')}anybody may see which subresources the API server offers, and this version knows them all`, async () => {
  const served = await createDiscovery(plane.clientOf(kubeconfig)).subresources(
    isOwnGroup,
    new AbortController().signal,
  );
  expect(served).toContain('pods/exec');
  expect(served).toContain('certificatesigningrequests.certificates.k8s.io/approval');
  expect(unknownSubresources(served)).toEqual([]);
});
