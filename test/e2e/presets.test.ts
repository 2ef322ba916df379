import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApprovalRequest } from '../../src/core/api/kinds.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { apply, kubectl, must, mustApply, runProgram } from './harness/kubectl.ts';
import { expectRefused } from './harness/own-kinds.ts';
import { PRESET_CASES } from './harness/preset-cases.ts';
import type { Deed, PresetPlace } from './harness/preset-deeds.ts';
import { CSR } from './harness/preset-objects.ts';
import { addPod, approve, denialCode, deniedRequest } from './harness/scene.ts';
import { getRequest, listRequests, postApproval } from './harness/votes.ts';

const SYSTEM = 'sallyport-system';
const run = Date.now().toString(36);
const prod = `preset-prod-${run}`;
const other = `preset-other-${run}`;

/** Whatever alice and the agent may do by RBAC, so that only the presets stand between. */
const RIGHTS = ['developers', 'system:serviceaccounts:agents'].map((name) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: `presets-${name.replaceAll(':', '-')}` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' }],
}));

const MADE = [
  ['csr', CSR],
  ['clusterrolebinding', 'preset-power'],
  ['clusterrole', 'preset-power'],
  ['crd', 'widgets.presets.example.com'],
  ['approvalpolicy', 'preset-new-policy'],
  ...RIGHTS.map(({ metadata: { name } }) => ['clusterrolebinding', name] as const),
  ['namespace', 'agents'],
  ['namespace', prod],
  ['namespace', other],
] as const;

const pathOf = (file: string) => fileURLToPath(new URL(`../../examples/policies/${file}`, import.meta.url));

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function policiesIn(file: string): string[] {
  return parseAllDocuments(readFileSync(pathOf(file), 'utf8'))
    .map((document) => document.toJS() as Named)
    .filter(({ kind }) => kind === 'ApprovalPolicy')
    .map(({ metadata }) => metadata.name);
}

/** A policy that asks about the end of policies asks about its own, too. */
async function remove(file: string): Promise<void> {
  const end = () => kubectl('admin', ['delete', '-f', pathOf(file), '--ignore-not-found']);
  const first = await end();
  if (first.code === 0) return;
  await approve('bob', deniedRequest(first));
  expect(await end()).toMatchObject({ code: 0 });
}

let place: PresetPlace;
type Voter = 'admin' | 'alice' | 'bob' | 'carol';
let clients: Readonly<Record<Voter, ApiClient>>;

beforeAll(async () => {
  const [admin, alice, bob, carol] = await Promise.all([
    apiClient('admin'),
    apiClient('alice'),
    apiClient('bob'),
    apiClient('carol'),
  ]);
  clients = { admin, alice, bob, carol };
  const namespace = (name: string, labels: object) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  await mustApply('admin', namespace(prod, { env: 'prod' }), namespace(other, {}), namespace('agents', {}), ...RIGHTS);
  await Promise.all([addPod(prod, 'web-0'), addPod(other, 'web-0')]);
  await mustApply('admin', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'agent', namespace: 'agents' },
  });
  const token = (await must('admin', ['create', 'token', 'agent', '-n', 'agents'])).trim();
  const { kubectl: program, apiServer } = inject('e2e');
  const login = ['--kubeconfig=/dev/null', `--server=${apiServer}`, '--insecure-skip-tls-verify', `--token=${token}`];
  place = {
    prod,
    other,
    node: (await must('admin', ['get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}'])).trim(),
    agent: (args, options = {}) => runProgram(program, [...login, ...args], options),
  };
}, 120_000);

afterAll(async () => {
  for (const { agent } of Object.values(clients)) agent.destroy();
  const made = MADE.map(([kind, name]) => `${kind}/${name}`);
  await kubectl('admin', ['delete', ...made, '--ignore-not-found', '--wait=false']);
});

async function everyRequest(): Promise<ApprovalRequest[]> {
  return (await Promise.all([prod, other, SYSTEM].map((namespace) => listRequests(clients.admin, namespace)))).flat();
}

const uidsOf = (requests: readonly ApprovalRequest[]) => new Set(requests.map(({ metadata }) => metadata.uid));

/** The request that the attempt opens, found as an approver finds it: the caller may still be waiting. */
async function opened(before: ReadonlySet<string | undefined>): Promise<ApprovalRequest> {
  return await achieves('a request to be there', async () => {
    const found = (await everyRequest()).find(
      ({ metadata, status }) => !before.has(metadata.uid) && status?.state === 'Pending',
    );
    if (found === undefined) throw new Error('there is none');
    return found;
  });
}

async function isNow(asked: ApprovalRequest, state: string): Promise<ApprovalRequest> {
  const { namespace = '', name } = asked.metadata;
  return await achieves(`${namespace}/${name} to be ${state}`, async () => {
    const current = await getRequest(clients.admin, namespace, name);
    if (current.status?.state !== state) throw new Error(`it is ${current.status?.state ?? 'new'}`);
    return current;
  });
}

/** Nobody before the reason, not its requester, and of the others as many as the policy wants. */
async function approveAsWanted(deed: Deed, asked: ApprovalRequest): Promise<void> {
  const vote = async (user: Voter) => await postApproval(clients[user], user, asked);
  if (deed.reason === true) {
    expect((await vote('bob')).body).toContain('code=ReasonRequired');
    const { namespace = '', name } = asked.metadata;
    const reason = JSON.stringify({ spec: { reason: 'INC-7 is on' } });
    await must('alice', ['patch', 'approvalrequest', name, '-n', namespace, '--type=merge', '-p', reason]);
  }
  expect((await vote('alice')).code).toBe(403);
  for (const [index, approver] of deed.approvers.entries()) {
    if (index > 0) {
      const { namespace = '', name } = asked.metadata;
      expect((await getRequest(clients.admin, namespace, name)).status?.state).toBe('Pending');
    }
    const { code, body } = await vote(approver);
    expect(code, body).toBe(201);
  }
  if (deed.waits === undefined) await isNow(asked, 'Approved');
}

/** Held or refused, asked for, approved by the right people and by nobody else, and done. */
async function gotThrough(deed: Deed): Promise<ApprovalRequest> {
  await deed.prepare?.(place);
  const before = uidsOf(await everyRequest());
  const running = deed.act(place);
  const asked = await opened(before);
  if (deed.waits === undefined) {
    const denied = await running;
    expectRefused(denied, /NOT executed/);
    expect(denialCode(denied)).toBe('ApprovalRequired');
    expect(deniedRequest(denied)).toEqual({ namespace: asked.metadata.namespace, name: asked.metadata.name });
  }
  await approveAsWanted(deed, asked);
  const result = deed.waits === true ? await running : await deed.act(place);
  expect(result.stderr).not.toContain('sallyport');
  expect(result.code).toBe(0);
  deed.done?.(result);
  return await isNow(asked, 'Consumed');
}

describe.each(Object.entries(PRESET_CASES))('%s', (file, { deeds, free, never = {} }) => {
  beforeAll(async () => {
    await must('admin', ['apply', '-f', pathOf(file)]);
    const policies = policiesIn(file).map((name) => `approvalpolicy/${name}`);
    await must('admin', ['wait', '--for=condition=Enforced', '--timeout=20s', ...policies]);
  });
  afterAll(() => remove(file));

  test.each(deeds)('$sentence is asked for, approved, and goes through once', async (deed) => {
    const asked = await gotThrough(deed);
    expect(asked.status?.uses).toHaveLength(1);
    if (deed.again === true) expect(denialCode(await deed.act(place))).toBe('AlreadyUsed');
  });

  test.each(Object.keys(never))('%s is refused, approved or not', async (name) => {
    const [act, why] = never[name] as (typeof never)[string];
    const refused = await act(place);
    expectRefused(refused, /NOT executed/);
    expect(denialCode(refused)).toBe('Guardrail');
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(why);
  });

  test.each(Object.keys(free))('%s is not asked for', async (name) => {
    const result = await free[name]?.(place);
    expect(result?.stderr).not.toContain('sallyport');
    expect(result?.code).toBe(0);
  });
});

test(`${verifies('R31')}the end of the preset about policies is asked for by itself`, async () => {
  const file = pathOf('zz-policy-changes.yaml');
  await must('admin', ['apply', '-f', file]);
  await must('admin', ['wait', '--for=condition=Enforced', '--timeout=20s', 'approvalpolicy/policy-changes']);
  expect(denialCode(await kubectl('admin', ['delete', '-f', file]))).toBe('ApprovalRequired');
  await remove('zz-policy-changes.yaml');
});

test('who makes a webhook configuration is warned by the preset about kinds, and not asked', async () => {
  const file = pathOf('webhooks-and-crds.yaml');
  await must('admin', ['apply', '-f', file]);
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'preset-webhook' },
    webhooks: [],
  };
  await achieves('the warning', async () => {
    const made = await apply('alice', configuration);
    expect(made.code).toBe(0);
    await must('admin', ['delete', 'mutatingwebhookconfiguration', 'preset-webhook']);
    expect(made.stderr).toContain('nobody was asked about this change');
  });
  await remove('webhooks-and-crds.yaml');
});
