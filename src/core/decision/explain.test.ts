import { describe, expect, it } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { createAttributes, deployment, execAttributes } from '../../../test/builders/attributes.ts';
import { compile, PROD } from '../../../test/builders/decision-world.ts';
import { livePodWith } from '../../../test/builders/live-pod.ts';
import type { PolicySpec } from '../api/kinds.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { explainPolicy } from './explain.ts';
import { matchInput, matchPolicy } from './policy-match.ts';

type Match = Partial<PolicySpec['match']>;

const rules = approvalPolicy().spec.match.resourceRules;
const POD_RULE = [{ apiGroups: [''], apiVersions: ['*'], operations: ['CREATE' as const], resources: ['pods'] }];

function explain(match: Match, attributes: Attributes = execAttributes(), spec: Partial<PolicySpec> = {}) {
  const policy = compile(approvalPolicy({ ...spec, match: { resourceRules: rules, ...match } }));
  const input = matchInput(attributes, PROD, true);
  return { explanation: explainPolicy(policy, input), match: matchPolicy(policy, input).matches };
}

const dev = { matchLabels: { env: 'dev' } };
const bob = [{ kind: 'User' as const, name: 'bob' }];
const alice = [{ kind: 'User' as const, name: 'alice' }];
const no = { name: 'is-shell', expression: "exec.command[0] == 'sh'" };
const yes = { name: 'has-command', expression: 'size(exec.command) > 0' };

describe('why a policy does not match', () => {
  const cases: Readonly<Record<string, [match: Match, because: object]>> = {
    'its rules are about something else': [{ resourceRules: POD_RULE }, { type: 'ResourceRules' }],
    'the namespace has other labels': [{ namespaceSelector: dev }, { type: 'NamespaceSelector' }],
    'it leaves the caller out': [{ excludeSubjects: alice }, { type: 'ExcludeSubjects' }],
    'it is about other people': [{ subjects: bob }, { type: 'Subjects' }],
    'the pod has other labels': [{ objectSelector: dev }, { type: 'ObjectSelector' }],
    'a condition is not met': [{ matchConditions: [no] }, { type: 'MatchCondition', name: 'is-shell' }],
    'the second condition is not met': [{ matchConditions: [yes, no] }, { type: 'MatchCondition', name: 'is-shell' }],
    'of several reasons, the first': [
      { namespaceSelector: dev, subjects: bob, matchConditions: [no] },
      { type: 'NamespaceSelector' },
    ],
    'of subjects, those that it leaves out first': [
      { subjects: bob, excludeSubjects: alice },
      { type: 'ExcludeSubjects' },
    ],
  };
  it.each(Object.entries(cases))('%s', (_, [match, because]) => {
    expect(explain(match)).toEqual({
      match: false,
      explanation: { verdict: 'DoesNotMatch', policy: 'prod-shells', because },
    });
  });

  it('an object has other labels', () => {
    expect(explain({ objectSelector: dev }, createAttributes(deployment())).explanation).toMatchObject({
      because: { type: 'ObjectSelector' },
    });
  });
});

describe('a policy that matches', () => {
  it.each<[string, Match]>([
    ['by its rules alone', {}],
    [
      'by everything that it names',
      {
        namespaceSelector: { matchLabels: { env: 'prod' } },
        subjects: alice,
        excludeSubjects: bob,
        objectSelector: { matchLabels: { app: 'web' } },
        matchConditions: [yes],
      },
    ],
  ])('%s', (_, match) => {
    const { explanation } = explain(match, execAttributes({ pod: livePodWith() }));
    expect(explanation).toMatchObject({ verdict: 'Matches', policy: 'prod-shells', terms: { name: 'prod-shells' } });
  });
});

describe('a policy that denies because nobody can say', () => {
  const broken = { approval: { stages: [{ name: 'sre', approvers: [] }] } };

  it('has problems, and its rules match', () => {
    expect(explain({}, execAttributes(), broken).explanation).toMatchObject({
      verdict: 'Broken',
      problems: [{ path: 'spec.approval.stages[0].approvers' }],
    });
  });

  it('has problems, but is about something else', () => {
    expect(explain({ resourceRules: POD_RULE }, execAttributes(), broken).explanation).toMatchObject({
      because: { type: 'ResourceRules' },
    });
  });

  it('a condition cannot be evaluated', () => {
    const fails = { name: 'third', expression: "exec.command[7] == 'x'" };
    expect(explain({ matchConditions: [fails] }).explanation).toMatchObject({
      verdict: 'Unknown',
      reason: expect.stringContaining('condition third of policy prod-shells') as string,
    });
  });
});
