import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { ALICE_AUDITED, auditEvent } from '../../../test/builders/audit-event.ts';
import { compile, decideIn } from '../../../test/builders/decision-world.ts';
import { livePodWith } from '../../../test/builders/live-pod.ts';
import type { ApprovalPolicy } from '../api/kinds.ts';
import type { Attributes, Operation } from '../attributes/attributes.ts';
import { fromAuditEvent } from '../attributes/from-audit-event.ts';
import type { JsonObject } from '../attributes/json.ts';
import type { AuditEvent } from '../evidence/audit-event.ts';
import { createJudge, type Verdict } from './judge.ts';

/** All that there is to know of one request. */
interface Deed {
  readonly operation: Operation;
  readonly user: string;
  readonly name: string;
  readonly env: string;
  readonly app: string;
  readonly appBefore: string;
  readonly replicas: number;
  readonly replicasBefore: number;
  readonly command: string;
}

const deeds: fc.Arbitrary<Deed> = fc.record({
  operation: fc.constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT'),
  user: fc.constantFrom('alice', 'bob'),
  name: fc.constantFrom('web', 'db'),
  env: fc.constantFrom('prod', 'dev'),
  app: fc.constantFrom('web', 'db'),
  appBefore: fc.constantFrom('web', 'db'),
  replicas: fc.integer({ min: 1, max: 3 }),
  replicasBefore: fc.integer({ min: 1, max: 3 }),
  command: fc.constantFrom('ls', 'sh'),
});

/** What is shown of it. */
interface Shown {
  readonly level: AuditEvent['level'];
  readonly namespaces: boolean;
  readonly patch: boolean;
}

const shows: fc.Arbitrary<Shown> = fc.record({
  level: fc.constantFrom('Metadata', 'Request', 'RequestResponse'),
  namespaces: fc.boolean(),
  patch: fc.boolean(),
});

const EXPRESSIONS = [
  "request.userInfo.username == 'alice'",
  "request.operation == 'DELETE' || object.spec.replicas > 1",
  "object.spec.replicas > 1 && request.userInfo.username != 'bob'",
  'oldObject != null && oldObject.spec.replicas > 1',
  "namespaceObject.metadata.labels.env == 'prod'",
  "exec != null && exec.command[0] == 'sh'",
  "has(object.metadata.labels) && object.metadata.labels.app == 'db'",
  "request.operation != 'UPDATE' || object.spec.replicas != oldObject.spec.replicas",
];

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });

const policies: fc.Arbitrary<ApprovalPolicy> = fc
  .record({
    operations: fc.subarray(['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const, { minLength: 1 }),
    names: maybe(fc.constant(['web'])),
    env: maybe(fc.constantFrom('prod', 'dev')),
    place: maybe(fc.constantFrom('prod', 'other')),
    app: maybe(fc.constantFrom('db', 'web')),
    condition: maybe(fc.constantFrom(...EXPRESSIONS)),
    guardrail: maybe(fc.constantFrom(...EXPRESSIONS)),
    excluded: maybe(fc.constant('bob')),
  })
  .map(({ operations, names, env, place, app, condition, guardrail, excluded }) => {
    const writes = operations.filter((operation) => operation !== 'CONNECT');
    const resourceNames = names === undefined ? {} : { resourceNames: names };
    const rules = [
      ...(writes.length === 0
        ? []
        : [
            {
              apiGroups: ['apps'],
              apiVersions: ['*'],
              operations: writes,
              resources: ['deployments'],
              ...resourceNames,
            },
          ]),
      ...(writes.length === operations.length
        ? []
        : [
            {
              apiGroups: [''],
              apiVersions: ['*'],
              operations: ['CONNECT' as const],
              resources: ['pods/exec'],
              ...resourceNames,
            },
          ]),
    ];
    const matchLabels = {
      ...(env === undefined ? {} : { env }),
      ...(place === undefined ? {} : { 'kubernetes.io/metadata.name': place }),
    };
    return approvalPolicy({
      match: {
        resourceRules: rules as never,
        namespaceSelector: { matchLabels },
        ...(app === undefined ? {} : { objectSelector: { matchLabels: { app } } }),
        ...(condition === undefined ? {} : { matchConditions: [{ name: 'c', expression: condition }] }),
        ...(excluded === undefined ? {} : { excludeSubjects: [{ kind: 'User', name: excluded }] }),
      },
      ...(guardrail === undefined ? {} : { guardrails: { deny: [{ name: 'g', expression: guardrail }] } }),
    });
  });

const namespaceOf = ({ env }: Deed): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'prod', labels: { env, 'kubernetes.io/metadata.name': 'prod' } },
});

const objectOf = (name: string, app: string, replicas: number, resourceVersion: string): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'prod', uid: 'u', resourceVersion, labels: { app } },
  spec: { replicas },
});

const isChanged = ({ app, appBefore, replicas, replicasBefore }: Deed) =>
  app !== appBefore || replicas !== replicasBefore;
const before = (deed: Deed) => objectOf(deed.name, deed.appBefore, deed.replicasBefore, '7');
const after = (deed: Deed) => objectOf(deed.name, deed.app, deed.replicas, isChanged(deed) ? '8' : '7');

/** As admission is shown it. */
function reviewOf(deed: Deed): Attributes {
  const { operation, name, command } = deed;
  const user = { username: deed.user, groups: ALICE_AUDITED.groups ?? [], extra: ALICE_AUDITED.extra ?? {} };
  const place = { user, operation, namespace: 'prod', name, version: 'v1', options: {}, dryRun: false };
  if (operation === 'CONNECT') {
    return {
      ...place,
      group: '',
      resource: 'pods',
      subresource: 'exec',
      kind: 'PodExecOptions',
      object: { kind: 'PodExecOptions', apiVersion: 'v1', container: 'app', command: [command] },
      oldObject: null,
      options: null,
      pod: livePodWith({ labels: { app: deed.app } }),
    };
  }
  return {
    ...place,
    group: 'apps',
    resource: 'deployments',
    kind: 'Deployment',
    object: operation === 'DELETE' ? null : after(deed),
    oldObject: operation === 'CREATE' ? null : before(deed),
  };
}

/** As its audit event shows it, when it was let through. */
function eventOf(deed: Deed, { level, patch }: Shown): AuditEvent {
  const { operation, name, command } = deed;
  const user = { ...ALICE_AUDITED, username: deed.user };
  if (operation === 'CONNECT') {
    return auditEvent({
      level,
      user,
      requestURI: `/api/v1/namespaces/prod/pods/${name}/exec?command=${command}&container=app`,
      objectRef: { resource: 'pods', namespace: 'prod', name, apiVersion: 'v1', subresource: 'exec' },
    });
  }
  const verb = { CREATE: 'create', UPDATE: patch ? 'patch' : 'update', DELETE: 'delete' }[operation];
  const sent = operation === 'DELETE' || verb === 'patch' ? {} : after(deed);
  const stored = operation === 'DELETE' ? { kind: 'Status' } : after(deed);
  return auditEvent({
    level,
    user,
    verb,
    requestURI: `/apis/apps/v1/namespaces/prod/deployments${operation === 'CREATE' ? '' : `/${name}`}`,
    objectRef: {
      resource: 'deployments',
      namespace: 'prod',
      name,
      apiGroup: 'apps',
      apiVersion: 'v1',
      ...(verb === 'update' ? { resourceVersion: '7' } : {}),
    },
    responseStatus: { code: operation === 'CREATE' ? 201 : 200 },
    ...(level === 'Metadata' ? {} : { requestObject: sent }),
    ...(level === 'RequestResponse' ? { responseObject: stored } : {}),
  });
}

function truth(policy: ApprovalPolicy, deed: Deed): Verdict['kind'] {
  const place = namespaceOf(deed);
  const { verdict } = decideIn({ policies: [policy], namespace: () => place }, reviewOf(deed));
  switch (verdict) {
    case 'NoOpinion':
      return 'Free';
    case 'Deny':
      return 'Refused';
    default:
      return 'Held';
  }
}

function judged(policy: ApprovalPolicy, deed: Deed, shown: Shown): Verdict {
  const compiled = compile(policy);
  const audited = fromAuditEvent(eventOf(deed, shown));
  if (!compiled.ready || audited.kind !== 'Reviewed') throw new Error(JSON.stringify([compiled, audited]));
  return createJudge(compiled)(audited, () => (shown.namespaces ? namespaceOf(deed) : undefined));
}

/** Each compiles a policy. */
const RUNS = 500;

test('what is said for certain is what the webhook would have said, whatever it was that the event does not show', {
  timeout: 60_000,
}, () => {
  let certain = 0;
  fc.assert(
    fc.property(policies, deeds, shows, (policy, deed, shown) => {
      const { kind } = judged(policy, deed, shown);
      if (kind === 'Unknown') return;
      certain += 1;
      expect(kind).toBe(truth(policy, deed));
    }),
    { numRuns: RUNS },
  );
  expect(certain).toBeGreaterThan(RUNS / 3);
});

test('a creation of which everything is shown is never unknown', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(policies, deeds, (policy, deed) => {
      const shown = { level: 'RequestResponse', namespaces: true, patch: false } as const;
      expect(judged(policy, { ...deed, operation: 'CREATE' }, shown).kind).not.toBe('Unknown');
    }),
    { numRuns: RUNS },
  );
});
