import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvalPolicy, stage } from '../../../test/builders/approval-policy.ts';
import { CREATED_AT, approvedStatus, endedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import {
  ALICE,
  createAttributes,
  deleteAttributes,
  deployment,
  execAttributes,
  updateAttributes,
} from '../../../test/builders/attributes.ts';
import type { ApprovalPolicy, ApprovalRequest, RequestStatus, UserInfo } from '../api/kinds.ts';
import type { Attributes } from '../attributes/attributes.ts';
import type { JsonObject } from '../attributes/json.ts';
import { createPolicyCompiler } from './compile.ts';
import { type Decision, decide } from './decide.ts';
import type { DecisionSettings } from './settings.ts';
import type { GatedAction } from './gated-action.ts';
import type { Snapshot } from './snapshot.ts';

const NOW = CREATED_AT + 1_000_000;
const compile = createPolicyCompiler();

const SETTINGS: DecisionSettings = {
  systemNamespace: 'sallyport-system',
  ourUsernames: new Set(['system:serviceaccount:sallyport-system:sallyport']),
  hmac: (value) => `hmac:${value.length}`,
  limits: { pendingPerRequester: 3, pendingInAll: 5 },
};

const PROD: JsonObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod', labels: { env: 'prod' } } };

interface World extends Partial<Omit<Snapshot, 'policies' | 'requests'>> {
  readonly policies?: readonly ApprovalPolicy[];
  readonly requests?: readonly ApprovalRequest[];
}

function snapshot({ policies = [approvalPolicy()], requests = [], ...rest }: World): Snapshot {
  return {
    freshAt: NOW,
    policies: policies.map(compile),
    namespace: (name) => (name === 'prod' ? PROD : undefined),
    requests: (fingerprint) => requests.filter((request) => request.spec.fingerprint === fingerprint),
    pending: () => ({ ofRequester: 0, inAll: 0 }),
    ...rest,
  };
}

const decideIn = (world: World, attributes: Attributes = execAttributes(), now = NOW): Decision =>
  decide(attributes, snapshot(world), SETTINGS, now);

function gatedOf(attributes: Attributes = execAttributes(), policies?: readonly ApprovalPolicy[]): GatedAction {
  const decision = decideIn(policies === undefined ? {} : { policies }, attributes);
  if (decision.verdict !== 'ApprovalRequired') throw new Error(decision.reason);
  return decision.gated;
}

const capped = () => ({ ofRequester: 99, inAll: 99 });
const broken = (spec: object) => approvalPolicy(spec, 'broken');

const verdict = (decision: Decision) => `${decision.verdict} ${decision.reason}`;
const as = (username: string, groups: readonly string[] = []): UserInfo => ({ username, groups, extra: {} });

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
    ['a field that is not enforced yet', broken({ mode: 'Audit' })],
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
    expect(
      verdict(decideIn({}, updateAttributes(undefined, undefined, { user: as(username, ['system:masters']) }))),
    ).toBe(expected);
    expect(verdict(decideIn({}, execAttributes({ user: as(username, ['system:masters']) })))).toBe(
      'ApprovalRequired NotAsked',
    );
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

const forged = (request: ApprovalRequest, spec: Partial<ApprovalRequest['spec']>): ApprovalRequest => ({
  ...request,
  spec: { ...request.spec, ...spec },
});

describe('an approved request counts only for what it is', () => {
  const gated = gatedOf();
  const approved = requestFor(gated, approvedStatus(gated, NOW + 1000));
  const other = gatedOf(execAttributes({}, { command: ['id'] }));
  const mallory = gatedOf(execAttributes({ user: as('mallory') }));
  test.each<[string, ApprovalRequest, string]>([
    ['as it is', approved, 'Allow Approved'],
    ['with the action of another', forged(approved, { action: other.action }), 'ApprovalRequired NotAsked'],
    [
      'with the digest of this action on another',
      forged(requestFor(other, approved.status), { digest: gated.digest, fingerprint: gated.fingerprint }),
      'ApprovalRequired NotAsked',
    ],
    ['with another digest', forged(approved, { digest: other.digest }), 'ApprovalRequired NotAsked'],
    [
      'of another requester under this fingerprint',
      forged(requestFor(mallory, approved.status), { fingerprint: gated.fingerprint }),
      'ApprovalRequired NotAsked',
    ],
    [
      'of another uid under this fingerprint',
      forged(approved, { requester: { username: 'alice', uid: 'other' } }),
      'ApprovalRequired NotAsked',
    ],
    [
      'without a requester',
      {
        ...approved,
        spec: Object.fromEntries(
          Object.entries(approved.spec).filter(([key]) => key !== 'requester'),
        ) as unknown as ApprovalRequest['spec'],
      },
      'ApprovalRequired NotAsked',
    ],
    ['without terms', forged(approved, { policies: [] }), 'ApprovalRequired NotAsked'],
    [
      'from another namespace',
      { ...approved, metadata: { ...approved.metadata, namespace: 'dev' } },
      'ApprovalRequired NotAsked',
    ],
    [
      'from our namespace',
      { ...approved, metadata: { ...approved.metadata, namespace: 'sallyport-system' } },
      'Allow Approved',
    ],
    ['after its time', { ...approved, status: approvedStatus(gated, NOW) }, 'ApprovalRequired NotAsked'],
    [
      'without a readable time',
      { ...approved, status: { ...approved.status, expiresAt: 'never' } },
      'ApprovalRequired NotAsked',
    ],
  ])('%s', (_, request, expected) => {
    expect(verdict(decideIn({ requests: [request] }, execAttributes()))).toBe(expected);
  });
});

describe('[R14] [R41] requests that were there', () => {
  const states: readonly (readonly [string, Attributes, RequestStatus | undefined, number, string])[] = [
    ['one without a status is Pending', execAttributes(), undefined, 0, 'ApprovalRequired Pending'],
    ['a pending one is joined', execAttributes(), { state: 'Pending' }, 0, 'ApprovalRequired Pending'],
    ['Denied a moment under 10 m ago', execAttributes(), endedStatus('Denied', NOW), 599_999, 'Deny Denied'],
    ['Denied 10 m ago', execAttributes(), endedStatus('Denied', NOW), 600_000, 'ApprovalRequired NotAsked'],
    ['Expired a moment under 60 s ago', execAttributes(), endedStatus('Expired', NOW), 59_999, 'Deny Expired'],
    ['Expired 60 s ago', execAttributes(), endedStatus('Expired', NOW), 60_000, 'ApprovalRequired NotAsked'],
    ['Revoked a moment under 60 s ago', execAttributes(), endedStatus('Revoked', NOW), 59_999, 'Deny Revoked'],
    ['Revoked 60 s ago', execAttributes(), endedStatus('Revoked', NOW), 60_000, 'ApprovalRequired NotAsked'],
    ['Cancelled just now', execAttributes(), endedStatus('Cancelled', NOW), 0, 'ApprovalRequired NotAsked'],
    ['an exec used a moment under 5 s ago', execAttributes(), endedStatus('Consumed', NOW), 4999, 'Deny AlreadyUsed'],
    ['an exec used 5 s ago', execAttributes(), endedStatus('Consumed', NOW), 5000, 'ApprovalRequired NotAsked'],
    [
      '[R40] an update used a moment under 5 s ago',
      updateAttributes(),
      endedStatus('Consumed', NOW),
      4999,
      'Allow Reviewed',
    ],
    [
      '[R40] an update used 5 s ago',
      updateAttributes(),
      endedStatus('Consumed', NOW),
      5000,
      'ApprovalRequired NotAsked',
    ],
    ['[R40] a create', createAttributes(), endedStatus('Consumed', NOW), 1, 'Allow Reviewed'],
    ['[R40] a delete', deleteAttributes(), endedStatus('Consumed', NOW), 1, 'Allow Reviewed'],
    [
      '[R40] an eviction is used once',
      createAttributes(
        { kind: 'Eviction', metadata: { name: 'web-0', namespace: 'prod' } },
        { group: '', resource: 'pods', subresource: 'eviction', name: 'web-0' },
      ),
      endedStatus('Consumed', NOW),
      1,
      'Deny AlreadyUsed',
    ],
  ];
  test.each(states)('%s', (_, attributes, status, later, expected) => {
    const requests = [requestFor(gatedOf(attributes), status)];
    expect(verdict(decideIn({ requests, freshAt: NOW + later }, attributes, NOW + later))).toBe(expected);
  });

  test('a pending one is joined whatever ended before it, unless it was used just now', () => {
    const gated = gatedOf();
    const pending = requestFor(gated, { state: 'Pending' }, 'b');
    const after = (status: RequestStatus) => verdict(decideIn({ requests: [requestFor(gated, status, 'a'), pending] }));
    expect(after(endedStatus('Denied', NOW))).toBe('ApprovalRequired Pending');
    expect(after(endedStatus('Consumed', NOW))).toBe('Deny AlreadyUsed');
  });

  test('a cancelled one does not end the cool-down of a denied one', () => {
    const gated = gatedOf();
    const requests = [
      requestFor(gated, endedStatus('Denied', NOW - 2000), 'a'),
      requestFor(gated, endedStatus('Cancelled', NOW), 'b'),
    ];
    expect(verdict(decideIn({ requests }))).toBe('Deny Denied');
  });

  test('[R30] a used one is not answered again where the terms changed meanwhile', () => {
    const requests = [requestFor(gatedOf(updateAttributes()), endedStatus('Consumed', NOW))];
    const policies = [
      approvalPolicy({ approval: { stages: [{ name: 'leads', approvers: [{ kind: 'Group', name: 'leads' }] }] } }),
    ];
    expect(verdict(decideIn({ requests, policies }, updateAttributes()))).toBe('Deny AlreadyUsed');
  });

  test.each<[string, number, number, string]>([
    ['below both caps', 2, 4, 'ApprovalRequired NotAsked'],
    ['at the cap of the requester', 3, 3, 'Deny TooManyRequests'],
    ['at the cap of all', 0, 5, 'Deny TooManyRequests'],
  ])('%s', (_, ofRequester, inAll, expected) => {
    const pending = (username: string) => ({ ofRequester: username === ALICE.username ? ofRequester : 99, inAll });
    expect(verdict(decideIn({ pending }))).toBe(expected);
  });

  test('caps do not stop what is asked already, nor what is approved', () => {
    const gated = gatedOf();
    expect(verdict(decideIn({ pending: capped, requests: [requestFor(gated)] }))).toBe('ApprovalRequired Pending');
    expect(
      verdict(decideIn({ pending: capped, requests: [requestFor(gated, approvedStatus(gated, NOW + 1000))] })),
    ).toBe('Allow Approved');
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

// ——— Total ———

const json = fc.dictionary(
  fc.constantFrom('metadata', 'spec', 'name', 'uid', 'labels', 'command', 'container', '__proto__', 'toString'),
  fc.jsonValue({ maxDepth: 3 }),
  { noNullPrototype: true },
) as fc.Arbitrary<JsonObject>;
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const someAttributes = fc
  .record({
    user: fc.record({
      username: fc.constantFrom('alice', 'system:node:n', ''),
      groups: fc.subarray(['sre', 'system:masters']),
      extra: fc.constant({}),
    }),
    operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT'),
    group: fc.constantFrom('', '', '', 'apps', 'certificates.k8s.io', 'example.com'),
    version: fc.constantFrom('v1', 'v1', ''),
    resource: fc.constantFrom('pods', 'pods', 'pods', 'deployments', 'secrets', 'namespaces', 'nodes', 'constructor'),
    subresource: maybe(fc.constantFrom('exec', 'exec', 'attach', 'portforward', 'proxy', 'eviction', 'x')),
    kind: fc.constant('Kind'),
    namespace: maybe(fc.constantFrom('prod', 'unknown', '__proto__')),
    name: maybe(fc.constantFrom('web-0', '../..', '\u202e')),
    object: fc.option(json),
    oldObject: fc.option(json),
    options: fc.option(json),
    dryRun: fc.boolean(),
    pod: maybe(fc.constant({ uid: 'u', labels: {}, containers: ['a', 'b'], running: [], terminating: true })),
  })
  .map(
    (attributes) =>
      Object.fromEntries(
        Object.entries(attributes).filter(([, value]) => value !== undefined),
      ) as unknown as Attributes,
  );

test('[R1] it is total, and never allows without an approved request', () => {
  const rule = { apiGroups: ['', 'apps'], apiVersions: ['v1'] };
  const all = approvalPolicy({
    match: {
      resourceRules: [
        { ...rule, operations: ['CONNECT'], resources: ['pods/exec', 'pods/attach', 'pods/x', 'nodes/proxy'] },
        {
          ...rule,
          operations: ['CREATE', 'UPDATE', 'DELETE'],
          resources: ['pods', 'pods/eviction', 'deployments', 'secrets', 'namespaces'],
        },
      ],
    },
  });
  expect(compile(all)).toMatchObject({ ready: true });
  const sets = [[all], [all], [], [all, broken({ mode: 'Warn', match: all.spec.match })]].map((policies) =>
    snapshot({ policies }),
  );
  const gated = gatedOf();
  const strangers = [
    requestFor(gated, approvedStatus(gated, NOW + 1000)),
    requestFor(gated, { state: 'Pending', expiresAt: 'x' }, 'b'),
  ];
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      someAttributes,
      fc.constantFrom(...sets),
      fc.constantFrom(NOW, NOW, NOW, NOW - 10_001, Number.NaN),
      fc.constantFrom(NOW, NOW, NOW, Number.NaN, Infinity),
      (attributes, base, freshAt, now) => {
        const world = { ...base, freshAt, requests: () => strangers };
        const decision = decide(attributes, world, SETTINGS, now);
        seen.add(verdict(decision));
        expect(decision.verdict).not.toBe('Allow');
        expect(verdict(decision) === 'Deny NotReady').toBe(now !== NOW || freshAt !== NOW);
      },
    ),
    { numRuns: 1500 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'ApprovalRequired NotAsked',
      'Deny PolicyNotReady',
      'Deny NotReady',
      'Deny UnknownOption',
      'NoOpinion NoPolicyMatches',
    ]),
  );
});
