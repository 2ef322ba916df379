import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import { deleteAttributes, execAttributes } from '../../../test/builders/attributes.ts';
import type { Attributes } from '../attributes/attributes.ts';
import type { JsonObject } from '../attributes/json.ts';
import type { ResourceRule } from '../api/kinds.ts';
import { decide } from './decide.ts';
import { createPolicyIndex } from './match/policy-index.ts';
import { NOW, compile, SETTINGS, snapshot, gatedOf, broken, verdict } from '../../../test/builders/decision-world.ts';

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
  const sets = [[all], [all], [], [all, broken({ masking: {}, match: all.spec.match })]].map((policies) =>
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

test('what the index of policies leaves out changes no decision', () => {
  const rule = (apiGroups: string[], operations: ResourceRule['operations'], resources: string[]) => ({
    apiGroups,
    apiVersions: ['*'],
    operations,
    resources,
  });
  const rules: readonly ResourceRule[] = [
    rule([''], ['CONNECT'], ['pods/exec']),
    rule([''], ['CONNECT'], ['nodes/proxy', 'pods/*']),
    rule([''], ['DELETE'], ['pods', 'namespaces']),
    rule(['apps'], ['CREATE', 'UPDATE'], ['deployments']),
    rule([''], ['UPDATE'], ['secrets', 'pods/eviction']),
    rule(['example.com'], ['*'], ['constructor']),
  ];
  const compiled = rules.flatMap((one, at) => [
    compile(approvalPolicy({ match: { resourceRules: [one] } }, `all-${at}`)),
    compile(
      approvalPolicy(
        { match: { resourceRules: [one], namespaceSelector: { matchLabels: { env: 'dev' } } } },
        `elsewhere-${at}`,
      ),
    ),
    ...(at % 3 === 2 ? [compile(broken({ masking: {}, match: { resourceRules: [one] } }))] : []),
  ]);
  expect(new Set(compiled.map(({ ready }) => ready))).toEqual(new Set([true, false]));
  const seen = new Set<string>();
  fc.assert(
    fc.property(someAttributes, fc.subarray(compiled), (attributes, policies) => {
      const linear = decide(attributes, { ...snapshot({}), policies: () => policies }, SETTINGS, NOW);
      seen.add(verdict(linear));
      expect(decide(attributes, { ...snapshot({}), policies: createPolicyIndex(policies) }, SETTINGS, NOW)).toEqual(
        linear,
      );
    }),
    {
      numRuns: 1500,
      // So that each verdict is met, whatever chance brings.
      examples: [
        [execAttributes(), compiled.slice(0, 1)],
        [execAttributes(), []],
        [deleteAttributes({}, { group: '', resource: 'pods' }), compiled],
      ],
    },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining(['ApprovalRequired NotAsked', 'Deny PolicyNotReady', 'NoOpinion NoPolicyMatches']),
  );
});
