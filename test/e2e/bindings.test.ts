import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { kubectl, must, mustApply, type Result, type User } from './harness/kubectl.ts';
import { expectRefused } from './harness/own-kinds.ts';
import {
  addPod,
  approve,
  denialCode,
  deniedRequest,
  enforce,
  EXEC_RULE,
  exec,
  policySpec,
  request,
  scene,
  waitForState,
} from './harness/scene.ts';

type Attempt = () => Promise<Result>;

/** What is approved, and something near it that is not. */
interface Binding {
  readonly original: Attempt;
  readonly variation: Attempt;
}

let namespace = '';
const clusterPolicy = `binding-${Date.now().toString(36)}`;

beforeAll(async () => {
  ({ namespace } = await scene('bind', [EXEC_RULE, deploymentRule(['UPDATE'])]));
  await Promise.all([
    addPod(namespace, 'web-1', ['app', 'side']),
    mustApply('admin', deployment(namespace, 'path')),
    mustApply('admin', deployment(namespace, 'value')),
    enforce(
      clusterPolicy,
      policySpec('', [
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          apiVersions: ['*'],
          operations: ['CREATE'],
          resources: ['clusterrolebindings'],
          resourceNames: [clusterPolicy],
        },
      ]),
    ),
  ]);
});

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', clusterPolicy]);
});

function execIn(pod: string, ...args: readonly string[]): Promise<Result> {
  return kubectl('alice', ['exec', '-n', namespace, pod, ...args]);
}

/** The request of an exec as kubectl sends it with -t: kubectl itself wants a terminal for that. */
function execOnTerminal(pod: string, command: string): Promise<Result> {
  const query = `command=${command}&container=app&stdout=true&stderr=false&tty=true`;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`;
  return kubectl('alice', ['create', '--raw', path, '-f', '-']);
}

function setEnv(name: string, value: string): Promise<Result> {
  return kubectl('alice', ['set', 'env', '-n', namespace, `deployment/${name}`, value]);
}

function bindTo(user: string): Promise<Result> {
  return kubectl('alice', ['create', 'clusterrolebinding', clusterPolicy, '--clusterrole=view', `--user=${user}`]);
}

const execAs = (user: User) => () => exec(user, namespace, 'echo', 'person');

const BINDINGS: Readonly<Record<string, Binding>> = {
  person: { original: execAs('alice'), variation: execAs('carol') },
  command: {
    original: () => execIn('web-0', '--', 'echo', 'a', 'b'),
    variation: () => execIn('web-0', '--', 'echo', 'a b'),
  },
  container: {
    original: () => execIn('web-1', '-c', 'app', '--', 'echo', 'container'),
    variation: () => execIn('web-1', '-c', 'side', '--', 'echo', 'container'),
  },
  'use of stdin': {
    original: () => execIn('web-0', '--', 'cat'),
    variation: () => execIn('web-0', '-i', '--', 'cat'),
  },
  tty: {
    original: () => execIn('web-0', '--', 'hostname'),
    variation: () => execOnTerminal('web-0', 'hostname'),
  },
  pod: {
    original: () => execIn('web-0', '--', 'echo', 'pod'),
    variation: () => execIn('web-1', '-c', 'app', '--', 'echo', 'pod'),
  },
  'binding (another subject under the same name)': {
    original: () => bindTo('dave'),
    variation: () => bindTo('mallory'),
  },
  'path of a change': {
    original: () => setEnv('path', 'A=1'),
    variation: () =>
      kubectl('alice', ['patch', '-n', namespace, 'deployment/path', '--type=merge', '-p', '{"spec":{"paused":true}}']),
  },
  'value of a change': { original: () => setEnv('value', 'A=1'), variation: () => setEnv('value', 'A=2') },
};

test.concurrent.each(Object.keys(BINDINGS))(
  `${verifies('R10')}an approval for one %s does not admit another`,
  async (name) => {
    const { original, variation } = BINDINGS[name] as Binding;
    const approved = deniedRequest(await original());
    await approve('bob', approved);

    const other = await variation();
    expectRefused(other, /NOT executed/);
    expect(denialCode(other)).toBe('ApprovalRequired');
    expect(deniedRequest(other).name).not.toBe(approved.name);
    expect((await request(approved.namespace, approved.name)).status?.state).toBe('Approved');

    const result = await original();
    expect(result.stderr).not.toContain('sallyport');
    expect(result.code).toBe(0);
    await waitForState(approved.namespace, approved.name, 'Consumed');
    const variant = deniedRequest(other);
    expect((await request(variant.namespace, variant.name)).status?.state).toBe('Pending');
  },
);

test(`${verifies('R10')}an approval for one pod does not admit another of the same name`, async () => {
  const attempt = () => exec('alice', namespace, 'echo', 'recreated');
  const approved = deniedRequest(await attempt());
  await approve('bob', approved);
  await must('admin', ['delete', 'pod/web-0', '-n', namespace]);
  await addPod(namespace, 'web-0');

  const other = await attempt();
  expectRefused(other, /NOT executed/);
  expect(deniedRequest(other).name).not.toBe(approved.name);
  expect((await request(approved.namespace, approved.name)).status?.state).toBe('Approved');
});
