import { describe, expect, test } from 'vitest';
import { approvalPolicy, stage } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import {
  createAttributes,
  deleteAttributes,
  deployment,
  execAttributes,
  updateAttributes,
} from '../../../test/builders/attributes.ts';
import type { ApprovalPolicy } from '../api/kinds.ts';
import type { Attributes } from '../attributes/attributes.ts';
import type { JsonObject } from '../attributes/json.ts';
import { NOW, decideIn, gatedOf, broken, verdict, as } from '../../../test/builders/decision-world.ts';

const OPERATIONS: readonly (readonly [string, Attributes])[] = [
  ['CONNECT', execAttributes()],
  ['CREATE', createAttributes()],
  ['UPDATE', updateAttributes()],
  ['DELETE', deleteAttributes()],
];

describe('[R1] what is not known is denied', () => {
  test.each(
    OPERATIONS.flatMap(
      ([operation, attributes]) =>
        [
          [`${operation} with a snapshot that was never in step`, attributes, -Infinity, 'Deny NotReady'],
          [`${operation} with one that is no time at all`, attributes, Number.NaN, 'Deny NotReady'],
          [`${operation} with one older than 10 s`, attributes, NOW - 10_001, 'Deny NotReady'],
          [`${operation} with one of 10 s is decided`, attributes, NOW - 10_000, 'ApprovalRequired NotAsked'],
        ] as const,
    ),
  )('%s', (_, attributes, freshAt, expected) => {
    expect(verdict(decideIn({ freshAt }, attributes))).toBe(expected);
    expect(verdict(decideIn({ freshAt, policies: [] }, attributes))).toBe(
      expected === 'Deny NotReady' ? expected : 'NoOpinion NoPolicyMatches',
    );
  });

  const approval = approvalPolicy().spec.approval;
  test.each<[string, ApprovalPolicy]>([
    ['a field that is not enforced yet', broken({ masking: {} })],
    ['a field of a newer version', broken({ quorum: 'two-thirds' })],
    ['an empty approver list', broken({ approval: { stages: [{ name: 'a', approvers: [] }] } })],
    ['no approval at all', broken({ approval: undefined })],
    ['a quorum of none', broken({ approval: { stages: [{ ...approval.stages[0], required: 0 }] } })],
    [
      'everybody as approver',
      broken({ approval: { stages: [stage('a', 1, [{ kind: 'Group', name: 'system:authenticated' }])] } }),
    ],
    ['a timeout that is none', broken({ approval: { ...approval, timeout: '0s' } })],
    [
      'a condition that is no CEL',
      broken({ match: { ...approvalPolicy().spec.match, matchConditions: [{ name: 'x', expression: 'object.' }] } }),
    ],
    [
      'a condition that cannot be evaluated',
      broken({
        match: { ...approvalPolicy().spec.match, matchConditions: [{ name: 'x', expression: 'object.nothing == 1' }] },
      }),
    ],
  ])('a policy whose rules match and that has %s', (_, policy) => {
    for (const [, attributes] of OPERATIONS) {
      expect(verdict(decideIn({ policies: [policy] }, attributes))).toBe('Deny PolicyNotReady');
      expect(verdict(decideIn({ policies: [approvalPolicy(), policy] }, attributes))).toBe('Deny PolicyNotReady');
    }
  });

  test('a broken policy denies nothing that its rules do not match', () => {
    const secrets = {
      ...approvalPolicy().spec.match,
      resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CREATE' as const], resources: ['secrets'] }],
    };
    expect(verdict(decideIn({ policies: [broken({ match: secrets, quorum: 1 })] }))).toBe('NoOpinion NoPolicyMatches');
  });

  test('a namespace that a selector asks for and that is not known', () => {
    const match = { ...approvalPolicy().spec.match, namespaceSelector: { matchLabels: { env: 'prod' } } };
    const policies = [approvalPolicy({ match })];
    expect(verdict(decideIn({ policies, namespace: () => undefined }))).toBe('Deny PolicyNotReady');
    expect(verdict(decideIn({ policies }))).toBe('ApprovalRequired NotAsked');
    expect(verdict(decideIn({ policies, namespace: () => ({ metadata: { labels: {} } }) }))).toBe(
      'NoOpinion NoPolicyMatches',
    );
  });
});

describe('[R32] identities of the system', () => {
  test.each<[string, string, string]>([
    ['a node', 'system:node:n1', 'NoOpinion SystemIdentity'],
    ['the scheduler', 'system:kube-scheduler', 'NoOpinion SystemIdentity'],
    ['the API server', 'system:apiserver', 'NoOpinion SystemIdentity'],
    ['a controller', 'system:serviceaccount:kube-system:replicaset-controller', 'NoOpinion SystemIdentity'],
    ['ourselves', 'system:serviceaccount:sallyport-system:sallyport', 'NoOpinion SystemIdentity'],
    ['another account of kube-system', 'system:serviceaccount:kube-system:default', 'ApprovalRequired NotAsked'],
    [
      'a controller of another namespace',
      'system:serviceaccount:dev:replicaset-controller',
      'ApprovalRequired NotAsked',
    ],
    ['a name that only begins so', 'system:apiserver2', 'ApprovalRequired NotAsked'],
    ['system:admin', 'system:admin', 'ApprovalRequired NotAsked'],
    ['a person', 'alice', 'ApprovalRequired NotAsked'],
  ])('%s writes', (_, username, expected) => {
    const user = { ...as(username, ['system:authenticated']), uid: 'uid' };
    expect(verdict(decideIn({}, updateAttributes(undefined, undefined, { user })))).toBe(expected);
    expect(verdict(decideIn({}, execAttributes({ user })))).toBe('ApprovalRequired NotAsked');
  });

  test('[R23] are not those who take their names, with the groups of cluster-admin', () => {
    const user = as('system:kube-x', ['system:masters']);
    expect(verdict(decideIn({}, updateAttributes(undefined, undefined, { user })))).toBe('ApprovalRequired NotAsked');
  });
});

const decided = (stored: readonly ApprovalPolicy[], now: readonly ApprovalPolicy[]) => {
  const gated = gatedOf(execAttributes(), stored);
  return verdict(decideIn({ policies: now, requests: [requestFor(gated, approvedStatus(gated, NOW + 1000))] }));
};

describe('[R30] stored terms', () => {
  const second = approvalPolicy(
    { approval: { stages: [{ name: 'leads', approvers: [{ kind: 'Group', name: 'leads' }] }] } },
    'second',
  );
  const first = approvalPolicy();
  test.each<[string, readonly ApprovalPolicy[], readonly ApprovalPolicy[], string]>([
    ['count while nothing changes', [first], [first], 'Allow Approved'],
    ['of two policies count for both', [first, second], [second, first], 'Allow Approved'],
    ['of one policy do not count for two', [first], [first, second], 'ApprovalRequired NotAsked'],
    ['of two policies count where one is left', [first, second], [first], 'Allow Approved'],
    [
      'do not count once they changed',
      [first],
      [
        approvalPolicy({
          approval: { stages: [{ name: 'oncall', required: 2, approvers: [{ kind: 'Group', name: 'sre' }] }] },
        }),
      ],
      'ApprovalRequired NotAsked',
    ],
    [
      'do not count for a policy made anew',
      [first],
      [{ ...first, metadata: { ...first.metadata, uid: 'new' } }],
      'ApprovalRequired NotAsked',
    ],
    [
      'count with another description and generation',
      [first],
      [{ ...first, metadata: { ...first.metadata, generation: 2 }, spec: { ...first.spec, description: 'x' } }],
      'Allow Approved',
    ],
  ])('%s', (_, stored, now, expected) => {
    expect(decided(stored, now)).toBe(expected);
  });

  test('every policy that matches is asked for', () => {
    expect(gatedOf(execAttributes(), [first, second]).policies.map((policy) => policy.name)).toEqual([
      'prod-shells',
      'second',
    ]);
  });

  test('more policies than a request can hold are denied', () => {
    const policies = Array.from({ length: 17 }, (_, index) => approvalPolicy({}, `p${index}`));
    expect(verdict(decideIn({ policies }))).toBe('Deny TooManyPolicies');
    expect(verdict(decideIn({ policies: policies.slice(1) }))).toBe('ApprovalRequired NotAsked');
  });
});

const labelled = (tier: string) =>
  deployment({ metadata: { ...(deployment()['metadata'] as JsonObject), labels: { tier } } });

describe('a write that leaves the selector is gated too', () => {
  const match = { ...approvalPolicy().spec.match, objectSelector: { matchLabels: { tier: 'gold' } } };
  test.each<[string, string, string, string]>([
    ['it leaves', 'gold', 'none', 'ApprovalRequired NotAsked'],
    ['it enters', 'none', 'gold', 'ApprovalRequired NotAsked'],
    ['it was never in', 'a', 'b', 'NoOpinion NoPolicyMatches'],
  ])('%s', (_, before, after, expected) => {
    expect(
      verdict(decideIn({ policies: [approvalPolicy({ match })] }, updateAttributes(labelled(after), labelled(before)))),
    ).toBe(expected);
  });
});
