import { afterAll, describe, expect, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { apply, kubectl } from './harness/kubectl.ts';
import { expectRefused, policyObject } from './harness/own-kinds.ts';
import { EXEC_RULE, policySpec } from './harness/scene.ts';

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
    'a mode that is none': [policy(['spec.mode', 'Maybe']), /spec\.mode: /],
    'enforcement, not enforced yet': [policy(['spec.enforcement', 'GatewayOnly']), notYet('spec.enforcement')],
    'a reasonPattern that is no RE2': [
      policy(['spec.approval.reasonPattern', '(?<=INC)[0-9]+']),
      /spec\.approval\.reasonPattern: it is not RE2 syntax/,
    ],
    'minAssurance with approvers of Slack alone': [
      policy(
        ['spec.approval.minAssurance', 'Console'],
        ['spec.approval.stages', [{ name: 's', approvers: [{ kind: 'SlackUserGroup', name: 'sre' }] }]],
      ),
      /spec\.approval\.stages\[0\]\.approvers: nobody could approve/,
    ],
    'a window without its length': [
      policy(['spec.grant.type', 'Window']),
      /spec\.grant\.window: a Window needs its length/,
    ],
    'a window that is too long': [
      policy(['spec.grant', { type: 'Window', window: '721h' }]),
      /spec\.grant\.window: "721h" is not a duration/,
    ],
    'the length of a window for a single use': [
      policy(['spec.grant.window', '30m']),
      /spec\.grant\.window: only a grant of type Window/,
    ],
    'a number of uses for a single use': [
      policy(['spec.grant.maxUses', 2]),
      /spec\.grant\.maxUses: only a grant of type Window/,
    ],
    'shells of a grant that is exact': [
      policy(['spec.grant.allowInteractive', false]),
      /spec\.grant\.allowInteractive: only a grant with binding Scope has one/,
    ],
    'the words of a grant that is exact': [
      policy(['spec.grant.commandPrefix', 1]),
      /spec\.grant\.commandPrefix: only a grant with binding Scope has one/,
    ],
    'an ignored path that is no JSON pointer': [
      policy(['spec.grant.ignorePaths', ['/spec/a~b']]),
      /spec\.grant\.ignorePaths\[0\]: "\/spec\/a~b" is not a JSON pointer/,
    ],
    'an ignored path that is most of an object': [
      policy(['spec.grant.ignorePaths', ['/spec/replicas', '/spec']]),
      /spec\.grant\.ignorePaths\[1\]: "\/spec" is most of an object/,
    ],
    'a wait for longer than kubectl can be held': [
      policy(['spec.wait', { connect: '56s' }]),
      /spec\.wait\.connect: at most 55s/,
    ],
    'a guardrail that is no CEL': [
      policy(['spec.guardrails', { deny: [{ name: 'no', expression: "true &&\n  exec.comand == ['x']" }] }]),
      /spec\.guardrails\.deny\[0\]\.expression: line 2, column \d+: /,
    ],
    'masking, not enforced yet': [policy(['spec.masking', { rules: [] }]), notYet('spec.masking')],
    'breakGlass without its time': [
      policy(['spec.breakGlass', { subjects: [{ kind: 'User', name: 'alice' }] }]),
      /spec\.breakGlass\.maxWindow: a duration between 1s and 24h is required/,
    ],
    'notify, not enforced yet': [policy(['spec.notify', [{ kind: 'Slack', channel: '#a' }]]), notYet('spec.notify')],
    'an escalation to nobody': [
      policy(['spec.approval.stages.0.escalateAfter', '10m']),
      /spec\.approval\.stages\[0\]\.escalateTo: escalateAfter needs the people/,
    ],
    'an escalation without a time': [
      policy(['spec.approval.stages.0.escalateTo', [{ kind: 'User', name: 'bob' }]]),
      /spec\.approval\.stages\[0\]\.escalateAfter: escalateTo needs the time/,
    ],
    'a Slack group with its @': [
      policy(approvers([{ kind: 'SlackUserGroup', name: '@sre' }])),
      /spec\.approval\.stages\[0\]\.approvers\[0\]\.name: the handle of a Slack group is written without its @/,
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
    const { stderr } = await apply('admin', policy(['spec.masking', {}], ['spec.aproval', {}]));
    expect(stderr).toMatch(/^The ApprovalPolicy "refused" is invalid: /);
  });

  test(`${verifies('R31')}and none of them is stored`, async () => {
    expectRefused(await kubectl('admin', ['get', 'approvalpolicy', 'refused']), /NotFound/);
  });
});
