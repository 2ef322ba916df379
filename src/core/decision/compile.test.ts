import { describe, expect, test } from 'vitest';
import { approvalPolicy, SRE } from '../../../test/builders/approval-policy.ts';
import type { Approver, PolicySpec } from '../api/kinds.ts';
import { createPolicyCompiler } from './compile.ts';
import { sameTerms, termsOf } from './terms.ts';

const compile = createPolicyCompiler();

function problems(spec: object): string[] {
  const compiled = compile(approvalPolicy(spec));
  return compiled.ready ? [] : compiled.problems.map(({ path }) => path);
}

const stages = (approvers: readonly object[], more: object = {}) => ({
  approval: { stages: [{ name: 'oncall', approvers, ...more }] },
});
const approval = (more: object) => ({ approval: { stages: [{ name: 'oncall', approvers: [SRE] }], ...more } });
const match = (more: object) => ({ match: { ...approvalPolicy().spec.match, ...more } });
const APPROVERS = 'spec.approval.stages[0].approvers';

describe('a policy is refused, with the place, for', () => {
  const refused: Record<string, readonly [object, string]> = {
    'the gateway': [{ enforcement: 'GatewayOnly' }, 'spec.enforcement'],
    'a break-glass of nobody': [{ breakGlass: { maxWindow: '1h' } }, 'spec.breakGlass.subjects'],
    'a break-glass of everybody': [
      { breakGlass: { maxWindow: '1h', subjects: [{ kind: 'Group', name: 'system:authenticated' }] } },
      'spec.breakGlass.subjects[0].name',
    ],
    'a break-glass without a time': [{ breakGlass: { subjects: [SRE] } }, 'spec.breakGlass.maxWindow'],
    'a break-glass of more than a day': [
      { breakGlass: { subjects: [SRE], maxWindow: '25h' } },
      'spec.breakGlass.maxWindow',
    ],
    'a pattern of reasons that is none': [approval({ reasonPattern: '(INC' }), 'spec.approval.reasonPattern'],
    'a pattern of reasons that looks back': [approval({ reasonPattern: '(?<=a)b' }), 'spec.approval.reasonPattern'],
    'a pattern of reasons that repeats too much': [
      approval({ reasonPattern: '(a?){600}' }),
      'spec.approval.reasonPattern',
    ],
    'Slack groups alone where Slack is not enough': [
      {
        approval: {
          minAssurance: 'Console',
          stages: [{ name: 's', approvers: [{ kind: 'SlackUserGroup', name: 'x' }] }],
        },
      },
      'spec.approval.stages[0].approvers',
    ],
    'a window without its length': [{ grant: { type: 'Window' } }, 'spec.grant.window'],
    'a window of nothing': [{ grant: { type: 'Window', window: '0s' } }, 'spec.grant.window'],
    'a window that is too long': [{ grant: { type: 'Window', window: '721h' } }, 'spec.grant.window'],
    'the length of a window where there is none': [{ grant: { window: '5m' } }, 'spec.grant.window'],
    'an ignored path that is no JSON pointer': [
      { grant: { ignorePaths: ['/spec/replicas', '/spec/~2'] } },
      'spec.grant.ignorePaths[1]',
    ],
    'an ignored path with a wildcard': [
      { grant: { ignorePaths: ['/spec/containers/*/image'] } },
      'spec.grant.ignorePaths[0]',
    ],
    'an ignored path that is most of an object': [{ grant: { ignorePaths: ['/spec'] } }, 'spec.grant.ignorePaths[0]'],
    'an ignored name': [{ grant: { ignorePaths: ['/metadata/name'] } }, 'spec.grant.ignorePaths[0]'],
    'a use count of a single use': [{ grant: { type: 'Once', maxUses: 2 } }, 'spec.grant.maxUses'],
    'shells of an exact grant': [{ grant: { allowInteractive: false } }, 'spec.grant.allowInteractive'],
    'the words of an exact grant': [{ grant: { binding: 'Exact', commandPrefix: 1 } }, 'spec.grant.commandPrefix'],
    'stages that one person would have to satisfy twice': [
      {
        approval: {
          stages: ['first', 'second'].map((name) => ({
            name,
            required: 1,
            approvers: [{ kind: 'User', name: 'carol' }],
          })),
        },
      },
      'spec.approval.stages',
    ],
    'an escalation to nobody': [stages([SRE], { escalateAfter: '10m' }), 'spec.approval.stages[0].escalateTo'],
    'an escalation without a time': [stages([SRE], { escalateTo: [SRE] }), 'spec.approval.stages[0].escalateAfter'],
    'an escalation to everybody': [
      stages([SRE], { escalateAfter: '10m', escalateTo: [{ kind: 'Group', name: 'system:authenticated' }] }),
      'spec.approval.stages[0].escalateTo[0].name',
    ],
    'nobody, and more assurance': [
      { approval: { minAssurance: 'Console', stages: [{ name: 's', approvers: [] }] } },
      'spec.approval.stages[0].approvers',
    ],
    'an escalation to a Slack group with its @': [
      stages([SRE], { escalateAfter: '10m', escalateTo: [{ kind: 'SlackUserGroup', name: '@x' }] }),
      'spec.approval.stages[0].escalateTo[0].name',
    ],
    'an escalation after the end': [
      stages([SRE], { escalateAfter: '1h', escalateTo: [SRE] }),
      'spec.approval.stages[0].escalateAfter',
    ],
    'a Slack group with its @': [stages([{ kind: 'SlackUserGroup', name: '@x' }]), `${APPROVERS}[0].name`],
    'everybody as approvers': [stages([{ kind: 'Group', name: 'system:authenticated' }]), `${APPROVERS}[0].name`],
    'all ServiceAccounts of a namespace as approvers': [
      stages([SRE, { kind: 'Group', name: 'system:serviceaccounts:prod' }]),
      `${APPROVERS}[1].name`,
    ],
    'system:masters as approvers': [stages([{ kind: 'Group', name: 'system:masters' }]), `${APPROVERS}[0].name`],
    'a ServiceAccount without its namespace': [
      stages([{ kind: 'ServiceAccount', name: 'x' }]),
      `${APPROVERS}[0].namespace`,
    ],
    'a person with a namespace': [stages([{ kind: 'User', name: 'x', namespace: 'y' }]), `${APPROVERS}[0].namespace`],
    'an excluded ServiceAccount without its namespace': [
      match({ excludeSubjects: [{ kind: 'ServiceAccount', name: 'x' }] }),
      'spec.match.excludeSubjects[0].namespace',
    ],
    'a timeout of nothing': [approval({ timeout: '0s' }), 'spec.approval.timeout'],
    'a timeout that is too long': [approval({ timeout: '721h' }), 'spec.approval.timeout'],
    'a use within nothing': [{ grant: { useWithin: '0m' } }, 'spec.grant.useWithin'],
    'a condition that does not compile': [
      match({ matchConditions: [{ name: 'x', expression: 'request.' }] }),
      'spec.match.matchConditions[0].expression',
    ],
    'a guardrail that does not compile': [
      {
        guardrails: {
          deny: [
            { name: 'a', expression: 'true' },
            { name: 'b', expression: 'exec.comand == 1' },
          ],
        },
      },
      'spec.guardrails.deny[1].expression',
    ],
    'a guardrail that is no condition': [
      { guardrails: { deny: [{ name: 'a', expression: 'request.name' }] } },
      'spec.guardrails.deny[0].expression',
    ],
    'a guardrail with a field that does not exist': [
      { guardrails: { deny: [{ name: 'a', expression: 'true', mesage: 'x' }] } },
      'spec.guardrails.deny[0].mesage',
    ],
    'a selector that is none': [
      match({ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] } }),
      'spec.match.namespaceSelector.matchExpressions[0].values',
    ],
  };
  test.each(Object.entries(refused))('%s', (_sentence, [spec, path]) => {
    expect(problems(spec)).toEqual([path]);
  });

  test('a stage without approvers', () => {
    expect(problems(stages([]))).toContain(APPROVERS);
  });

  test('fields that do not exist, each by its path', () => {
    expect(problems({ modes: 'x', ...approval({ quorum: 2 }) }).sort()).toEqual(['spec.approval.quorum', 'spec.modes']);
  });

  test('everything at once', () => {
    expect(problems({ masking: {}, ...approval({ timeout: '0s' }) })).toEqual([
      'spec.masking',
      'spec.approval.timeout',
    ]);
  });
});

describe('a policy that compiles', () => {
  test('has its terms in seconds, with the defaults', () => {
    const compiled = compile(approvalPolicy());
    expect(compiled.ready && compiled.terms).toEqual({
      name: 'prod-shells',
      uid: 'prod-shells-uid',
      generation: 1,
      terms: {
        stages: [{ name: 'oncall', required: 1, approvers: [SRE] }],
        timeoutSeconds: 3600,
        grant: { type: 'Once', binding: 'Exact', useWithinSeconds: 900 },
      },
    });
  });

  test.each([
    [
      { type: 'Window', window: '30m' },
      { windowSeconds: 1800, maxUses: 64 },
    ],
    [
      { type: 'Window', window: '1h30m', maxUses: 3 },
      { windowSeconds: 5400, maxUses: 3 },
    ],
  ] as const)('has the terms of its window %j', (grant, expected) => {
    const compiled = compile(approvalPolicy({ grant }));
    expect(compiled.ready && compiled.terms.terms.grant).toEqual({
      type: 'Window',
      binding: 'Exact',
      useWithinSeconds: 900,
      ...expected,
    });
  });

  test('is compiled once an object', () => {
    const policy = approvalPolicy();
    expect(compile(policy)).toBe(compile(policy));
    expect(compile(policy)).not.toBe(compile(approvalPolicy()));
  });

  test('that names every default field with its default is the same as one that names none', () => {
    const named = { mode: 'Enforce', enforcement: 'Admission', grant: { type: 'Once', binding: 'Exact' } };
    expect(problems({ ...named, ...approval({ requireReason: false, minAssurance: 'Any' }) })).toEqual([]);
  });
});

test.each([
  [undefined, {}],
  ['Any', {}],
  ['Console', { minAssurance: 'Console' }],
  ['Kubernetes', { minAssurance: 'Kubernetes' }],
])('minAssurance %s comes to the terms %s', (minAssurance, expected) => {
  const { terms } = termsOf(approvalPolicy(approval({ minAssurance })));
  expect('minAssurance' in terms ? { minAssurance: terms.minAssurance } : {}).toEqual(expected);
});

test('Slack groups may approve, and be escalated to, beside others and alone', () => {
  const slack = { kind: 'SlackUserGroup', name: 'oncall' };
  expect(problems(stages([slack], { escalateAfter: '10m', escalateTo: [slack] }))).toEqual([]);
  const both = { approval: { minAssurance: 'Console', stages: [{ name: 's', approvers: [SRE, slack] }] } };
  expect(problems(both)).toEqual([]);
});

test('terms are the same whatever the generation, and not for another uid, approver or time', () => {
  const terms = termsOf(approvalPolicy());
  const carol: Approver = { kind: 'User', name: 'carol' };
  expect(sameTerms(terms, { ...terms, generation: 9 })).toBe(true);
  expect(sameTerms(terms, { ...terms, uid: 'other' })).toBe(false);
  expect(sameTerms(terms, { ...terms, name: 'other' })).toBe(false);
  expect(sameTerms(terms, termsOf(approvalPolicy(stages([SRE, carol]) as Partial<PolicySpec>)))).toBe(false);
  expect(sameTerms(terms, { ...terms, terms: { ...terms.terms, timeoutSeconds: 1 } })).toBe(false);
});
