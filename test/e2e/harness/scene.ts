import type { ApprovalRequest, PolicySpec } from '../../../src/core/api/kinds.ts';
import { parseDenial } from '../../../src/core/decision/denial.ts';
import { achieves } from '../../harness/achieves.ts';
import { json, kubectl, must, mustApply, type Result, sallyport, type User } from './kubectl.ts';

/** A namespace of its own, gated by a policy of its own, so that no test sees another's requests. */
export interface Scene {
  readonly namespace: string;
  readonly policy: string;
}

let scenes = 0;

/** Counts within one run; the time keeps runs on a kept cluster apart. */
function unique(prefix: string): string {
  scenes += 1;
  return `${prefix}-${Date.now().toString(36)}-${scenes}`;
}

export const EXEC_RULE = {
  apiGroups: [''],
  apiVersions: ['*'],
  operations: ['CONNECT'],
  resources: ['pods/exec', 'pods/attach', 'pods/portforward'],
} satisfies PolicySpec['match']['resourceRules'][number];

/** Makes the namespace, its pod web-0, and a policy that asks one sre for what `rules` say. */
export async function scene(
  prefix: string,
  rules: PolicySpec['match']['resourceRules'] = [EXEC_RULE],
  change: (spec: PolicySpec) => PolicySpec = (spec) => spec,
): Promise<Scene> {
  const namespace = unique(prefix);
  await mustApply('admin', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { scene: namespace } },
  });
  // The pod is created before a policy could ask about that, and starts while the policy comes into force.
  await createPod(namespace, 'web-0');
  await Promise.all([podReady(namespace, 'web-0'), enforce(namespace, policySpec(namespace, rules, change))]);
  return { namespace, policy: namespace };
}

export function policySpec(
  namespace: string,
  rules: PolicySpec['match']['resourceRules'],
  change: (spec: PolicySpec) => PolicySpec = (spec) => spec,
): PolicySpec {
  return change({
    match: { resourceRules: rules, namespaceSelector: { matchLabels: { scene: namespace } } },
    approval: { stages: [{ name: 'sre', required: 1, approvers: [{ kind: 'Group', name: 'sre' }] }] },
  });
}

export async function enforce(name: string, spec: PolicySpec): Promise<void> {
  await mustApply('admin', { apiVersion: 'sallyport.dev/v1alpha1', kind: 'ApprovalPolicy', metadata: { name }, spec });
  await must('admin', ['wait', '--for=condition=Enforced', '--timeout=20s', `approvalpolicy/${name}`]);
}

export async function addPod(namespace: string, name: string, containers: readonly string[] = ['app']): Promise<void> {
  await createPod(namespace, name, containers);
  await podReady(namespace, name);
}

async function createPod(namespace: string, name: string, containers: readonly string[] = ['app']): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: 'web' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: containers.map((container, index) => ({
        name: container,
        image: 'local/busybox:1',
        imagePullPolicy: 'Never',
        command: ['httpd', '-f', '-p', String(8080 + index)],
      })),
    },
  };
  // A new namespace takes pods once it has its default ServiceAccount.
  await achieves(`a pod in ${namespace}`, () => mustApply('admin', pod));
}

async function podReady(namespace: string, name: string): Promise<void> {
  await must('admin', ['wait', '--for=condition=Ready', '--timeout=60s', '-n', namespace, `pod/${name}`]);
}

export function exec(user: User, namespace: string, ...command: readonly string[]): Promise<Result> {
  return kubectl(user, ['exec', '-n', namespace, 'web-0', '--', ...command]);
}

/** The requests of a namespace, in any state. */
export async function requests(namespace: string): Promise<ApprovalRequest[]> {
  const { items } = await json<{ items: ApprovalRequest[] }>('admin', ['get', 'approvalrequests', '-n', namespace]);
  return items;
}

/** The request that a denial names; fails where it names none. */
export function deniedRequest(result: Result): { readonly namespace: string; readonly name: string } {
  const tail = parseDenial(result.stderr);
  const [namespace, name] = (tail?.request ?? '').split('/');
  if (tail === undefined || namespace === undefined || name === undefined)
    throw new Error(`no request in: ${result.stderr}${result.stdout}`);
  return { namespace, name };
}

export function denialCode(result: Result): string | undefined {
  return parseDenial(result.stderr)?.code;
}

export async function request(namespace: string, name: string): Promise<ApprovalRequest> {
  return await json<ApprovalRequest>('admin', ['get', `approvalrequest/${name}`, '-n', namespace]);
}

/** The user approves by the plugin, which returns when the vote was counted. */
export async function approve(
  user: User,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const result = await sallyport(user, ['approve', '-n', namespace, name, '--yes']);
  if (result.code !== 0) throw new Error(`approve as ${user}: ${result.stderr}${result.stdout}`);
}

export async function waitForState(namespace: string, name: string, state: string): Promise<ApprovalRequest> {
  return await achieves(`${namespace}/${name} to be ${state}`, async () => {
    const current = await request(namespace, name);
    if (current.status?.state !== state) throw new Error(`it is ${current.status?.state ?? 'new'}`);
    return current;
  });
}
