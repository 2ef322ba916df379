import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { compile } from '../../../test/builders/decision-world.ts';
import type { PolicySpec } from '../api/kinds.ts';

const rule = (
  resource: string,
  operations: PolicySpec['match']['resourceRules'][number]['operations'] = ['CONNECT'],
) => ({
  match: { resourceRules: [{ apiGroups: ['sallyport.dev'], apiVersions: ['*'], operations, resources: [resource] }] },
});
const grant: PolicySpec['grant'] = { type: 'Window', window: '1h' };
const breakGlass: PolicySpec['breakGlass'] = { subjects: [{ kind: 'User', name: 'alice' }], maxWindow: '10m' };

function problemsOf(spec: Partial<PolicySpec>): string[] {
  const compiled = compile(approvalPolicy(spec));
  return compiled.ready ? [] : compiled.problems.map(({ path }) => path);
}

describe('a policy that opens the fence', () => {
  test.each<[string, Partial<PolicySpec>, string[]]>([
    ['with a window of an hour is one', { ...rule('fences/open'), grant }, []],
    ['for a single use says for how long instead', rule('fences/open'), ['spec.grant']],
    [
      'for more than an hour is too much',
      { ...rule('fences/open'), grant: { ...grant, window: '61m' } },
      ['spec.grant'],
    ],
    ['by a wildcard is the same', rule('fences/*'), ['spec.grant']],
    ['has no break-glass', { ...rule('fences/open'), grant, breakGlass }, ['spec.breakGlass']],
    [
      'without CONNECT would never match',
      { ...rule('fences/open', ['CREATE']), grant },
      ['spec.match.resourceRules[0].operations'],
    ],
  ])('%s', (_, spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems);
  });

  test('a policy about something else is not held to it', () => {
    expect(problemsOf({ ...rule('approvalpolicies', ['UPDATE']), breakGlass })).toEqual([]);
  });
});
