import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { execAttributes } from '../../../test/builders/attributes.ts';
import { decideIn, verdict } from '../../../test/builders/decision-world.ts';

describe('[R33] a policy for one name means it with any port and scheme', () => {
  const policy = approvalPolicy({
    match: {
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['*'],
          operations: ['CONNECT'],
          resources: ['nodes/proxy', 'services/proxy'],
          resourceNames: ['one'],
        },
      ],
    },
  });
  test.each<[string, string, string]>([
    ['nodes', 'one', 'ApprovalRequired NotAsked'],
    ['nodes', 'one:10250', 'ApprovalRequired NotAsked'],
    ['nodes', 'https:one:10250', 'ApprovalRequired NotAsked'],
    ['services', 'https:one:', 'ApprovalRequired NotAsked'],
    ['nodes', 'other:10250', 'NoOpinion NoPolicyMatches'],
  ])('%s/proxy %s', (resource, name, expected) => {
    const { pod: _, ...attributes } = execAttributes({ resource, subresource: 'proxy', name, object: { path: '/' } });
    expect(verdict(decideIn({ policies: [policy] }, attributes))).toBe(expected);
  });
});
