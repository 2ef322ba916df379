import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ApprovalPolicy, PolicySpec } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, kubectl, must, type Result } from './harness/kubectl.ts';
import { ask, expectRefused } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  deniedRequest,
  EXEC_RULE,
  enforce,
  exec,
  policySpec,
  request,
  scene,
  waitForState,
} from './harness/scene.ts';

const PRESET = new URL('../../examples/approval-policy-changes.yaml', import.meta.url);

function policyObject(name: string, spec: object): object {
  return { apiVersion: 'sallyport.dev/v1alpha1', kind: 'ApprovalPolicy', metadata: { name }, spec };
}

/** A policy that matches nothing of anybody's, with something else in the place of `path`. */
function policy(...changes: readonly (readonly [path: string, value: unknown])[]): object {
  const spec = structuredClone(policySpec('nowhere', [EXEC_RULE]));
  const object = policyObject('refused', spec);
  for (const [path, value] of changes) put(object, path.split('.'), value);
  return object;
}

function put(object: object, [first = '', ...rest]: readonly string[], value: unknown): void {
  const at = object as Record<string, unknown>;
  if (rest.length === 0) at[first] = value;
  else {
    at[first] ??= {};
    put(at[first] as object, rest, value);
  }
}

const rule = (group: string, ...resources: readonly string[]) =>
  [
    'spec.match.resourceRules.0',
    { apiGroups: [group], apiVersions: ['*'], operations: ['CREATE'], resources },
  ] as const;
const condition = (expression: string) => ['spec.match.matchConditions', [{ name: 'c', expression }]] as const;
const approvers = (value: unknown) => ['spec.approval.stages.0.approvers', value] as const;
const notYet = (path: string) => new RegExp(`${path.replaceAll(/[.[\]]/g, '\\$&')}: .*does not enforce this field yet`);

afterAll(async () => {
  await kubectl('admin', ['delete', 'approvalpolicy', 'refused', '--ignore-not-found']);
});

describe('a policy is refused when it is applied, with the place and the reason', () => {
  const RULE = 'spec\\.match\\.resourceRules\\[0\\]';
  const CASES: Readonly<Record<string, readonly [object, RegExp]>> = {
    'an expression that is no CEL': [
      policy(condition("request.operation ==\n  'CONNECT' &&")),
      /spec\.match\.matchConditions\[0\]\.expression: line 2, column \d+: /,
    ],
    'an expression over what does not exist': [
      policy(condition("true &&\n  requets.operation == 'CONNECT'")),
      /spec\.match\.matchConditions\[0\]\.expression: line 2, column 3: /,
    ],
    'an expression that is no condition': [
      policy(condition('request.operation')),
      /spec\.match\.matchConditions\[0\]\.expression: line 1, column 1: /,
    ],
    'an empty approver list': [policy(approvers([])), /spec\.approval\.stages\[0\]\.approvers/],
    'no approver list': [policy(approvers(undefined)), /spec\.approval\.stages\[0\]\.approvers/],
    'no stage': [policy(['spec.approval.stages', []]), /spec\.approval\.stages/],
    'everybody as approver': [
      policy(approvers([{ kind: 'Group', name: 'system:authenticated' }])),
      /spec\.approval\.stages\[0\]\.approvers\[0\]\.name: system:authenticated is not a group of people/,
    ],
    'the ServiceAccounts of a namespace as approvers': [
      policy(approvers([{ kind: 'Group', name: 'system:serviceaccounts:ci' }])),
      /spec\.approval\.stages\[0\]\.approvers\[0\]\.name: system:serviceaccounts:ci is not a group of people/,
    ],
    'a ServiceAccount of no namespace': [
      policy(approvers([{ kind: 'ServiceAccount', name: 'robot' }])),
      /spec\.approval\.stages\[0\]\.approvers\[0\]\.namespace: a ServiceAccount needs its namespace/,
    ],
    'a timeout that is no duration': [
      policy(['spec.approval.timeout', 'soon']),
      /spec\.approval\.timeout: "soon" is not a duration between 1s and 720h, such as 90s/,
    ],
    'a use that is no duration': [policy(['spec.grant.useWithin', '0s']), /spec\.grant\.useWithin: "0s" is not a dur/],
    'a namespace selector with no label': [
      policy(['spec.match.namespaceSelector', { matchLabels: { 'not a label': 'x' } }]),
      /spec\.match\.namespaceSelector\.matchLabels\["not a label"\]: label key/,
    ],
    'an object selector without values': [
      policy(['spec.match.objectSelector', { matchExpressions: [{ key: 'env', operator: 'In', values: [] }] }]),
      /spec\.match\.objectSelector\.matchExpressions\[0\]\S*: /,
    ],
    'a match on leases': [
      policy(rule('coordination.k8s.io', 'leases')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*leas`),
    ],
    'a match on events': [policy(rule('', 'pods', 'events')), new RegExp(`${RULE}\\.resources\\[1\\]: .*events`)],
    'a match on everything': [policy(rule('*', '*/*')), new RegExp(`${RULE}\\.resources\\[0\\]: .*name the resources`)],
    'a match on all groups': [policy(rule('*', '*')), new RegExp(`${RULE}\\.resources\\[0\\]: '\\*' matches leases`)],
    'a match on our requests': [
      policy(rule('sallyport.dev', 'approvalrequests')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*requests and votes have their own checks`),
    ],
    'a match on our votes': [
      policy(rule('sallyport.dev', 'approvalvotes')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*requests and votes have their own checks`),
    ],
    'a match on node status': [
      policy(rule('', 'nodes/status')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*nodes down`),
    ],
    'a match on access reviews': [
      policy(rule('authorization.k8s.io', 'subjectaccessreviews')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*locks everybody out`),
    ],
    'a match on webhook configurations': [
      policy(rule('admissionregistration.k8s.io', 'validatingwebhookconfigurations')),
      new RegExp(`${RULE}\\.resources\\[0\\]: .*never calls webhooks`),
    ],
    'every operation': [
      policy(['spec.match.resourceRules.0.operations', ['*']]),
      new RegExp(`${RULE}\\.operations\\[0\\]: name the operations`),
    ],
    'mode, not enforced yet': [policy(['spec.mode', 'Warn']), notYet('spec.mode')],
    'enforcement, not enforced yet': [policy(['spec.enforcement', 'GatewayOnly']), notYet('spec.enforcement')],
    'requireReason, not enforced yet': [
      policy(['spec.approval.requireReason', true]),
      notYet('spec.approval.requireReason'),
    ],
    'reasonPattern, not enforced yet': [
      policy(['spec.approval.reasonPattern', 'INC-[0-9]+']),
      notYet('spec.approval.reasonPattern'),
    ],
    'minAssurance, not enforced yet': [
      policy(['spec.approval.minAssurance', 'Console']),
      notYet('spec.approval.minAssurance'),
    ],
    'separation, not enforced yet': [
      policy(['spec.approval.separation', 'Strict']),
      notYet('spec.approval.separation'),
    ],
    'grant.type, not enforced yet': [policy(['spec.grant.type', 'Window']), notYet('spec.grant.type')],
    'grant.window, not enforced yet': [policy(['spec.grant.window', '30m']), notYet('spec.grant.window')],
    'grant.maxUses, not enforced yet': [policy(['spec.grant.maxUses', 2]), notYet('spec.grant.maxUses')],
    'grant.binding, not enforced yet': [policy(['spec.grant.binding', 'Scope']), notYet('spec.grant.binding')],
    'grant.allowInteractive, not enforced yet': [
      policy(['spec.grant.allowInteractive', false]),
      notYet('spec.grant.allowInteractive'),
    ],
    'grant.ignorePaths, not enforced yet': [
      policy(['spec.grant.ignorePaths', ['/spec/replicas']]),
      notYet('spec.grant.ignorePaths'),
    ],
    'wait, not enforced yet': [policy(['spec.wait', { connect: '10s' }]), notYet('spec.wait')],
    'guardrails, not enforced yet': [
      policy(['spec.guardrails', { deny: [{ name: 'no', expression: 'true' }] }]),
      notYet('spec.guardrails'),
    ],
    'masking, not enforced yet': [policy(['spec.masking', { rules: [] }]), notYet('spec.masking')],
    'breakGlass, not enforced yet': [
      policy(['spec.breakGlass', { subjects: [{ kind: 'User', name: 'alice' }] }]),
      notYet('spec.breakGlass'),
    ],
    'notify, not enforced yet': [policy(['spec.notify', [{ kind: 'Slack', channel: '#a' }]]), notYet('spec.notify')],
    'escalation, not enforced yet': [
      policy(['spec.approval.stages.0.escalateAfter', '10m']),
      notYet('spec.approval.stages[0].escalateAfter'),
    ],
    'an escalation list, not enforced yet': [
      policy(['spec.approval.stages.0.escalateTo', [{ kind: 'User', name: 'bob' }]]),
      notYet('spec.approval.stages[0].escalateTo'),
    ],
    'a Slack group, not enforced yet': [
      policy(approvers([{ kind: 'SlackUserGroup', name: 'sre' }])),
      notYet('spec.approval.stages[0].approvers[0].kind SlackUserGroup'),
    ],
  };

  test.concurrent.each(Object.keys(CASES))(`${verifies('R31')}%s`, async (name) => {
    const [object, why] = CASES[name] as (typeof CASES)[string];
    expectRefused(await apply('admin', object), why);
  });

  const MISSPELT: Readonly<Record<string, string>> = {
    'of the spec': 'spec.aproval',
    'of the match': 'spec.match.namespaceSelectors',
    'of a rule': 'spec.match.resourceRules[0].resourceName',
    'of a selector': 'spec.match.namespaceSelector.matchLabel',
    'of a stage': 'spec.approval.stages[0].requires',
    'of an approver': 'spec.approval.stages[0].approvers[0].nam',
    'of the grant': 'spec.grant.useWithn',
  };

  test.concurrent.each(Object.keys(MISSPELT))(
    `${verifies('R31')}a misspelt field %s, whatever kubectl validates`,
    async (name) => {
      const path = MISSPELT[name] ?? '';
      const why = new RegExp(`${path.replaceAll(/[.[\]]/g, '\\$&')}: unknown field`);
      const stdin = JSON.stringify(policy([path.replaceAll(/\[(\d)\]/g, '.$1'), 'x']));
      expectRefused(await kubectl('admin', ['apply', '-f', '-'], { stdin }), why);
      expectRefused(await kubectl('admin', ['apply', '--validate=false', '-f', '-'], { stdin }), why);
    },
  );

  test('with its name in front, as the API server itself would say it', async () => {
    const { stderr } = await apply('admin', policy(['spec.mode', 'Audit'], ['spec.aproval', {}]));
    expect(stderr).toMatch(/^The ApprovalPolicy "refused" is invalid: /);
  });

  test(`${verifies('R31')}and none of them is stored`, async () => {
    expectRefused(await kubectl('admin', ['get', 'approvalpolicy', 'refused']), /NotFound/);
  });
});

describe('the life of a policy', () => {
  let namespace = '';
  let name = '';
  beforeAll(async () => {
    ({ namespace, policy: name } = await scene('policy'));
  });

  const spec = (change: (spec: PolicySpec) => PolicySpec = (same) => same) =>
    policySpec(namespace, [EXEC_RULE], change);

  test('its conditions say that it compiles and that the API server asks for it', async () => {
    const { metadata, status } = await json<ApprovalPolicy>('admin', ['get', `approvalpolicy/${name}`]);
    expect(status?.observedGeneration).toBe(metadata.generation);
    const conditions = Object.fromEntries((status?.conditions ?? []).map((each) => [each.type, each.status]));
    expect(conditions).toEqual({ Ready: 'True', Enforced: 'True' });
    const columns = await must('admin', ['get', 'apol', name]);
    expect(columns).toMatch(/NAME +MODE +READY +ENFORCED +AGE/);
  });

  test('nobody else writes its status', async () => {
    const patch = '{"status":{"conditions":[]}}';
    const status = ['patch', `approvalpolicy/${name}`, '--subresource=status', '--type=merge', '-p', patch];
    expectRefused(await kubectl('admin', status), /the status of an ApprovalPolicy is written by its controller alone/);
  });

  test(`${verifies('R30')}other terms end what is open under the old ones; a new description does not`, async () => {
    const pending = await ask(namespace, 'echo', 'pending');
    const approved = await ask(namespace, 'echo', 'approved');
    await approve('bob', { namespace, name: approved.metadata.name ?? '' });

    await enforce(
      name,
      spec((old) => ({ ...old, description: 'said otherwise' })),
    );
    expect((await request(namespace, pending.metadata.name ?? '')).status?.state).toBe('Pending');
    expect((await request(namespace, approved.metadata.name ?? '')).status?.state).toBe('Approved');

    const stages = [{ name: 'lead', required: 1, approvers: [{ kind: 'User' as const, name: 'carol' }] }];
    await enforce(
      name,
      spec((old) => ({ ...old, approval: { ...old.approval, stages } })),
    );
    for (const each of [pending, approved]) {
      const { status } = await waitForState(namespace, each.metadata.name ?? '', 'Revoked');
      expect(status?.conditions?.find(({ type }) => type === 'Revoked')?.reason).toBe('PolicyChanged');
    }
    expect(denialCode(await exec('alice', namespace, 'echo', 'approved'))).toBe('Revoked');

    const anew = await exec('alice', namespace, 'echo', 'anew');
    expect(anew.stderr).toContain('needs 1 of carol');
    await approve('carol', deniedRequest(anew));
    expect((await exec('alice', namespace, 'echo', 'anew')).stdout).toBe('anew\n');
  });

  test(`${verifies('R30')}a policy that is added is asked as well, for what was approved before it`, async () => {
    const before = await ask(namespace, 'echo', 'both');
    await approve('carol', { namespace, name: before.metadata.name ?? '' });
    const leads = [{ name: 'lead', required: 1, approvers: [{ kind: 'User' as const, name: 'bob' }] }];
    await enforce(
      `${name}-too`,
      spec((old) => ({ ...old, approval: { ...old.approval, stages: leads } })),
    );

    const attempt = () => exec('alice', namespace, 'echo', 'both');
    const denied = await attempt();
    expect(denied.stderr).toContain('needs 1 of carol and 1 of bob');
    const asked = deniedRequest(denied);
    expect(asked.name).not.toBe(before.metadata.name);
    expect(deniedRequest(await attempt())).toEqual(asked);
    await approve('bob', asked);
    expect(denialCode(await attempt())).toBe('ApprovalRequired');
    await approve('carol', asked);
    expect((await attempt()).stdout).toBe('both\n');
    expect((await request(namespace, before.metadata.name ?? '')).status?.state).toBe('Approved');
    await must('admin', ['delete', `approvalpolicy/${name}-too`]);
  });

  test('a rule that is added gates from then on', async () => {
    const free = await kubectl('alice', ['create', 'configmap', 'before', '-n', namespace]);
    expect(free.code).toBe(0);
    const added = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE' as const], resources: ['configmaps'] };
    await enforce(name, policySpec(namespace, [EXEC_RULE, added]));
    const gated = await kubectl('alice', ['create', 'configmap', 'after', '-n', namespace]);
    expect(denialCode(gated)).toBe('ApprovalRequired');
    await enforce(name, spec());
  });

  test(`${verifies('R31')}changes of policies wait for the preset in examples, its own removal too`, async () => {
    const preset = parse(await readFile(PRESET, 'utf8')) as ApprovalPolicy;
    const guard = `${name}-guard`;
    // On a cluster that tests share, the preset is about two policies by name.
    const guarded = preset.spec.match.resourceRules.map((each) => ({ ...each, resourceNames: [guard, name] }));
    await enforce(guard, { ...preset.spec, match: { ...preset.spec.match, resourceRules: guarded } });

    const description = (text: string) => policyObject(name, { ...spec(), description: text });
    const change = () => apply('admin', description('looser'));
    const remove = (which: string) => kubectl('admin', ['delete', `approvalpolicy/${which}`]);
    const denied = [await change(), await remove(name), await remove(guard)];
    expect(denied.map(denialCode)).toEqual(['ApprovalRequired', 'ApprovalRequired', 'ApprovalRequired']);
    expect(deniedRequest(await change()).namespace).toBe('sallyport-system');

    await approve('bob', deniedRequest(denied[0] as Result));
    expect((await change()).code).toBe(0);
    await approve('bob', deniedRequest(denied[2] as Result));
    expect((await remove(guard)).code).toBe(0);
  });

  test(`${verifies('R30')}deleted, it revokes what it asked for, and asks for nothing more`, async () => {
    const open = await ask(namespace, 'echo', 'free');
    await must('admin', ['delete', `approvalpolicy/${name}`]);
    await waitForState(namespace, open.metadata.name ?? '', 'Revoked');
    expect((await exec('alice', namespace, 'echo', 'free')).stdout).toBe('free\n');
  });
});
