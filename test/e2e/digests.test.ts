import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import forge from 'node-forge';
import { asAdmitted } from '../../src/cli/as-admitted.ts';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { type JsonObject, stringAt } from '../../src/core/attributes/json.ts';
import { parseDenial } from '../../src/core/decision/denial.ts';
import { sameIn } from '../../src/core/decision/written-refusals.ts';
import { BUILT_IN_KINDS, type KindSample, NEVER_GATED, type Place } from '../corpus/built-in-kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { type ApiAnswer, type ApiClient, apiClient, call, mustCall } from './harness/api-client.ts';
import { must, mustApply } from './harness/kubectl.ts';
import { written } from './harness/own-kinds.ts';
import { enforce, EXEC_RULE, policySpec, scene } from './harness/scene.ts';

/** What a dry run does not show as admission sees it; the plain command then asks by itself. */
const NOT_SHOWN: Readonly<Record<string, string>> = {
  '/bindings': 'it answers with a Status',
  'storage.k8s.io/csinodes': 'a required list that is empty is read back as null',
};

/** A resource or subresource that the API server lets one create, as its discovery says. */
interface Creatable {
  readonly key: string;
  readonly group: string;
  readonly groupVersion: string;
  /** `pods`, `pods/eviction` */
  readonly resource: string;
  readonly namespaced: boolean;
  /** Of the object: a subresource may take another kind. */
  readonly apiVersion: string;
  readonly kind: string;
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly kind: string;
    readonly group?: string;
    readonly version?: string;
    readonly verbs: readonly string[];
  }[];
}

/** The CRD's maxItems of one list of a rule. */
const RULE_LIST = 32;

let admin: ApiClient;
/** Alice creates what has a namespace and carol what has none: together they would have too many requests pending. */
let alice: ApiClient;
let carol: ApiClient;
let place: Place;
let creatable: ReadonlyMap<string, Creatable>;

beforeAll(async () => {
  [admin, alice, carol] = await Promise.all([apiClient('admin'), apiClient('alice'), apiClient('carol')]);
  const { namespace } = await scene('digests', [EXEC_RULE]);
  place = { namespace, name: `${namespace}-sample`, pod: 'web-0', certificateRequest: certificateRequest() };
  // The aggregator takes a while to see that the read API is there again.
  creatable = await vi.waitFor(() => discover(admin), { timeout: 60_000, interval: 500 });
  await mustApply('admin', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: ['alice', 'carol'].map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name })),
  });
  await enforce(
    namespace,
    policySpec(namespace, rulesFor([...creatable.values()]), (spec) => ({
      ...spec,
      match: { ...spec.match, subjects: ['alice', 'carol'].map((name) => ({ kind: 'User', name })) },
    })),
  );
});

afterAll(async () => {
  const { namespace } = place;
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'clusterrolebinding', namespace]);
  await must('admin', ['delete', 'namespace', namespace, '--wait=false']);
  for (const client of [admin, alice, carol]) client.agent.destroy();
});

test(`${verifies('R11')}every kind that the API server lets one create is in the corpus`, () => {
  const known = new Set([...Object.keys(BUILT_IN_KINDS), ...Object.keys(NEVER_GATED)]);
  expect([...creatable.keys()].filter((key) => !known.has(key))).toEqual([]);
});

const SAMPLES = Object.entries(BUILT_IN_KINDS).flatMap(([key, samples]) =>
  samples.map((sample) => ({
    key,
    sample,
    title: `${key}${sample.variant === undefined ? '' : `, ${sample.variant}`}`,
  })),
);

describe('created twice by one person it is one request', () => {
  test.each(SAMPLES)(`${verifies('R11', 'R14')}$title`, async ({ key, sample }) => {
    const what = creatable.get(key);
    // An older Kubernetes has fewer kinds.
    if (what === undefined) return;
    const client = what.namespaced ? alice : carol;
    const first = referenceOf(await create(client, what, sample));
    const second = referenceOf(await create(client, what, sample));
    expect(second).toBe(first);
  });
});

describe('asked for beforehand, by what a dry run shows, it is the request of the plain command', () => {
  const whole = SAMPLES.filter(({ key }) => key.split('/').length === 2 && NOT_SHOWN[key] === undefined);
  test.each(whole)(`${verifies('R11', 'R12')}$title`, async ({ key, sample }) => {
    const what = creatable.get(key);
    if (what === undefined) return;
    const client = what.namespaced ? alice : carol;
    const first = referenceOf(await create(client, what, sample));
    const shown = JSON.parse((await create(client, what, sample, '?dryRun=All')).body) as JsonObject;
    const [version = ''] = what.apiVersion.split('/').slice(-1);
    const isNamespace = what.group === '' && what.resource === 'namespaces';
    const namespace = what.namespaced ? place.namespace : isNamespace ? stringAt(shown, 'metadata', 'name') : undefined;
    const home = what.namespaced ? place.namespace : 'sallyport-system';
    const asked = await call(
      client,
      'POST',
      `/apis/sallyport.dev/v1alpha1/namespaces/${home}/approvalrequests?dryRun=All`,
      written(home, 'beforehand', {
        operation: 'CREATE',
        group: what.group,
        version,
        resource: what.resource,
        ...(namespace === undefined ? {} : { namespace }),
        object: asAdmitted(what.group, what.resource, shown),
      }),
    );
    const same = sameIn((JSON.parse(asked.body) as { message?: string }).message ?? '');
    expect(same === undefined ? asked.body : `${same.namespace}/${same.name}`).toBe(first);
  });
});

/** The request that the refusal names. */
function referenceOf(answer: ApiAnswer): string {
  const tail = parseDenial((JSON.parse(answer.body) as { message?: string }).message ?? '');
  if (tail?.code !== 'ApprovalRequired' || tail.request === undefined)
    throw new Error(`not asked for approval: ${answer.code} ${answer.body}`);
  return tail.request;
}

function create(client: ApiClient, what: Creatable, sample: KindSample, query = ''): Promise<ApiAnswer> {
  const { metadata, ...content } = sample.object(place);
  const object = {
    apiVersion: what.apiVersion,
    kind: what.kind,
    metadata: { name: place.name, ...(what.namespaced ? { namespace: place.namespace } : {}), ...metadata },
    ...content,
  };
  const root = what.group === '' ? '/api/v1' : `/apis/${what.groupVersion}`;
  const [resource = '', subresource] = what.resource.split('/');
  const collection = `${root}${what.namespaced ? `/namespaces/${place.namespace}` : ''}/${resource}`;
  const path = subresource === undefined ? collection : `${collection}/${object.metadata.name}/${subresource}`;
  return call(client, 'POST', `${path}${query}`, object);
}

async function discover(client: ApiClient): Promise<ReadonlyMap<string, Creatable>> {
  const { groups } = await mustCall<{ groups: { name: string; preferredVersion: { groupVersion: string } }[] }>(
    client,
    'GET',
    '/apis',
  );
  const lists = [{ group: '', groupVersion: 'v1', path: '/api/v1' }].concat(
    groups
      .filter(({ name }) => name !== 'sallyport.dev')
      .map(({ name, preferredVersion: { groupVersion } }) => ({
        group: name,
        groupVersion,
        path: `/apis/${groupVersion}`,
      })),
  );
  const found = await Promise.all(
    lists.map(async ({ group, groupVersion, path }) => {
      const { resources } = await mustCall<ResourceList>(client, 'GET', path);
      return resources
        .filter(({ verbs }) => verbs.includes('create'))
        .map((each): [string, Creatable] => {
          const key = `${group}/${each.name}`;
          const version =
            each.version === undefined ? groupVersion : [each.group, each.version].filter(Boolean).join('/');
          const { kind, namespaced } = each;
          return [key, { key, group, groupVersion, resource: each.name, namespaced, apiVersion: version, kind }];
        });
    }),
  );
  return new Map(found.flat());
}

function rulesFor(all: readonly Creatable[]): PolicySpec['match']['resourceRules'] {
  const gated = all.filter(({ key }) => Object.hasOwn(BUILT_IN_KINDS, key));
  return [...new Set(gated.map(({ group }) => group))].flatMap((group) => {
    const resources = gated.filter((each) => each.group === group).map(({ resource }) => resource);
    return Array.from({ length: Math.ceil(resources.length / RULE_LIST) }, (_, index) => ({
      apiGroups: [group],
      apiVersions: ['*'],
      operations: ['CREATE' as const],
      resources: resources.slice(index * RULE_LIST, (index + 1) * RULE_LIST),
    }));
  }) as PolicySpec['match']['resourceRules'];
}

function certificateRequest(): string {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const request = forge.pki.createCertificationRequest();
  request.publicKey = keys.publicKey;
  request.setSubject([{ name: 'commonName', value: 'sample' }]);
  request.sign(keys.privateKey, forge.md.sha256.create());
  return Buffer.from(forge.pki.certificationRequestToPem(request)).toString('base64');
}
