import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { ALLOWED_BY_RBAC, auditEvent, writeEvent } from '../../../test/builders/audit-event.ts';
import { compile } from '../../../test/builders/decision-world.ts';
import type { PolicySpec } from '../api/kinds.ts';
import { type JsonObject, stringAt } from '../attributes/json.ts';
import type { AuditEvent } from '../evidence/audit-event.ts';
import { createBacktest } from './backtest.ts';
import type { PolicyBacktest } from './report.ts';

const PROD: JsonObject = { metadata: { name: 'prod', labels: { env: 'prod' } } };
const NONE = { events: 0, tooOld: 0, broken: 0 };

function backtestOf(spec: Partial<PolicySpec>, events: readonly AuditEvent[], namespaces = [PROD]): PolicyBacktest {
  const policy = compile(approvalPolicy(spec));
  if (!policy.ready) throw new Error(JSON.stringify(policy.problems));
  const known = new Map(namespaces.map((namespace) => [stringAt(namespace, 'metadata', 'name') ?? '', namespace]));
  const backtest = createBacktest({ policies: [policy], namespace: (name) => known.get(name), person: (name) => name });
  for (const event of events) backtest.see(event);
  const [found] = backtest.report(NONE).policies;
  if (found === undefined) throw new Error('no policy');
  return found;
}

const verdict = ({ held, refused, unknown, unknownBecause }: PolicyBacktest) =>
  `${held} held, ${refused} refused, ${unknown} unknown${unknownBecause.map(({ reason }) => ` ${reason}`).join('')}`;

const rules = (
  operations: PolicySpec['match']['resourceRules'][number]['operations'],
  resources: string[],
  group = 'apps',
) => [{ apiGroups: [group], apiVersions: ['*'], operations, resources }];
const EXEC = rules(['CONNECT'], ['pods/exec'], '');
const IN_PROD = { namespaceSelector: { matchLabels: { env: 'prod' } } };
const CREATED = { kind: 'Deployment', metadata: { name: 'web', labels: { app: 'db' } }, spec: { replicas: 3 } };
const condition = (expression: string) => ({ matchConditions: [{ name: 'c', expression }] });

describe('says of one event what the policy would have said', () => {
  const cases: Record<string, readonly [Partial<PolicySpec>, AuditEvent, string, JsonObject[]?]> = {
    'an exec is held': [{ match: { resourceRules: EXEC } }, auditEvent(), '1 held, 0 refused, 0 unknown'],
    'an exec is held whatever mode the policy is in': [
      { match: { resourceRules: EXEC }, mode: 'Audit' },
      auditEvent(),
      '1 held, 0 refused, 0 unknown',
    ],
    'an exec in a namespace that is selected': [
      { match: { resourceRules: EXEC, ...IN_PROD } },
      auditEvent(),
      '1 held, 0 refused, 0 unknown',
    ],
    'an exec in one that is not': [
      { match: { resourceRules: EXEC, ...IN_PROD } },
      auditEvent(),
      '0 held, 0 refused, 0 unknown',
      [{ metadata: { name: 'prod', labels: { env: 'dev' } } }],
    ],
    'an exec in one whose labels nobody knows': [
      { match: { resourceRules: EXEC, ...IN_PROD } },
      auditEvent(),
      '0 held, 0 refused, 1 unknown namespaceLabels',
      [],
    ],
    'a namespace that is selected by its name': [
      { match: { resourceRules: EXEC, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'prod' } } } },
      auditEvent(),
      '1 held, 0 refused, 0 unknown',
      [],
    ],
    'a namespace that its name leaves out, whatever else it is labelled': [
      {
        match: {
          resourceRules: EXEC,
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other', env: 'prod' } },
        },
      },
      auditEvent(),
      '0 held, 0 refused, 0 unknown',
      [],
    ],
    'who is left out, though nothing else is known': [
      { match: { resourceRules: EXEC, ...IN_PROD, excludeSubjects: [{ kind: 'User', name: 'alice' }] } },
      auditEvent(),
      '0 held, 0 refused, 0 unknown',
      [],
    ],
    'labels of the pod are not shown': [
      { match: { resourceRules: EXEC, objectSelector: { matchLabels: { app: 'db' } } } },
      auditEvent(),
      '0 held, 0 refused, 1 unknown objectLabels',
    ],
    'a condition on the command': [
      { match: { resourceRules: EXEC, ...condition("exec.command[0] == 'ls'") } },
      auditEvent(),
      '1 held, 0 refused, 0 unknown',
    ],
    'a condition on the command that does not hold': [
      { match: { resourceRules: EXEC, ...condition("exec.command[0] == 'sh'") } },
      auditEvent(),
      '0 held, 0 refused, 0 unknown',
    ],
    'a condition that cannot be evaluated refuses': [
      { match: { resourceRules: EXEC, ...condition("exec.command[7] == 'sh'") } },
      auditEvent(),
      '0 held, 1 refused, 0 unknown',
    ],
    'a guardrail on the command': [
      { match: { resourceRules: EXEC }, guardrails: { deny: [{ name: 'g', expression: "'ls' in exec.command" }] } },
      auditEvent(),
      '0 held, 1 refused, 0 unknown',
    ],
    'a guardrail on an object that is not shown': [
      {
        match: { resourceRules: rules(['CREATE'], ['deployments']) },
        guardrails: { deny: [{ name: 'g', expression: 'object.spec.replicas > 2' }] },
      },
      writeEvent('create'),
      '0 held, 0 refused, 1 unknown object',
    ],
    'a condition on an object that is not shown': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']), ...condition('object.spec.replicas > 2') } },
      writeEvent('create'),
      '0 held, 0 refused, 1 unknown object',
    ],
    'a condition that holds whatever the object is': [
      {
        match: {
          resourceRules: rules(['CREATE'], ['deployments']),
          ...condition("object.spec.replicas > 2 || request.userInfo.username == 'alice'"),
        },
      },
      writeEvent('create'),
      '1 held, 0 refused, 0 unknown',
    ],
    'a condition that no object meets': [
      {
        match: {
          resourceRules: rules(['CREATE'], ['deployments']),
          ...condition("object.spec.replicas > 2 && request.userInfo.username == 'bob'"),
        },
      },
      writeEvent('create'),
      '0 held, 0 refused, 0 unknown',
    ],
    'a condition on what was sent': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']), ...condition('object.spec.replicas > 2') } },
      writeEvent('create', { requestObject: CREATED }),
      '1 held, 0 refused, 0 unknown',
    ],
    'a condition on what may have been filled in': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']), ...condition('!has(object.spec.paused)') } },
      writeEvent('create', { requestObject: CREATED }),
      '0 held, 0 refused, 1 unknown defaults',
    ],
    'a condition on a map to which something may have been added': [
      {
        match: {
          resourceRules: rules(['CREATE'], ['deployments']),
          ...condition("object.metadata.labels.all(key, key == 'app')"),
        },
      },
      writeEvent('create', { requestObject: CREATED }),
      '0 held, 0 refused, 1 unknown defaults',
    ],
    'a condition on what was stored': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']), ...condition('!has(object.spec.paused)') } },
      writeEvent('create', { responseObject: CREATED }),
      '1 held, 0 refused, 0 unknown',
    ],
    'an object selector on what was sent': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']), objectSelector: { matchLabels: { app: 'db' } } } },
      writeEvent('create', { requestObject: CREATED }),
      '1 held, 0 refused, 0 unknown',
    ],
    'a Job without labels gets those of its template': [
      {
        match: { resourceRules: rules(['CREATE'], ['jobs'], 'batch'), objectSelector: { matchLabels: { app: 'db' } } },
      },
      writeEvent('create', {
        objectRef: { resource: 'jobs', apiGroup: 'batch', namespace: 'prod', name: 'web' },
        requestObject: { kind: 'Job', metadata: { name: 'web' } },
      }),
      '0 held, 0 refused, 1 unknown objectLabels',
    ],
    'a deletion': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']) } },
      writeEvent('delete'),
      '1 held, 0 refused, 0 unknown',
    ],
    'a deletion with a condition on the object': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']), ...condition('oldObject.spec.replicas > 2') } },
      writeEvent('delete'),
      '0 held, 0 refused, 1 unknown oldObject',
    ],
    'a deletecollection: nobody knows of what': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']) } },
      {
        ...writeEvent('deletecollection'),
        objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'prod' },
      },
      '0 held, 0 refused, 1 unknown name',
    ],
    'a generateName where the policy is about names': [
      { match: { resourceRules: [{ ...rules(['CREATE'], ['deployments'])[0], resourceNames: ['web'] }] as never } },
      { ...writeEvent('create'), objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'prod' } },
      '0 held, 0 refused, 1 unknown name',
    ],
    'a name that the policy is not about': [
      { match: { resourceRules: [{ ...rules(['DELETE'], ['deployments'])[0], resourceNames: ['db'] }] as never } },
      writeEvent('delete'),
      '0 held, 0 refused, 0 unknown',
    ],
    'an update that may have changed nothing': [
      { match: { resourceRules: rules(['UPDATE'], ['deployments']) } },
      writeEvent('patch'),
      '0 held, 0 refused, 1 unknown change',
    ],
    'an update that changed something': [
      { match: { resourceRules: rules(['UPDATE'], ['deployments']) } },
      writeEvent('update', {
        objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'prod', name: 'web', resourceVersion: '7' },
        responseObject: { ...CREATED, metadata: { name: 'web', resourceVersion: '8' } },
      }),
      '1 held, 0 refused, 0 unknown',
    ],
    'an update that changed nothing': [
      { match: { resourceRules: rules(['UPDATE'], ['deployments']) } },
      writeEvent('update', {
        objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'prod', name: 'web', resourceVersion: '8' },
        responseObject: { ...CREATED, metadata: { name: 'web', resourceVersion: '8' } },
      }),
      '0 held, 0 refused, 0 unknown',
    ],
    'a refused apply, which might have made the object': [
      { match: { resourceRules: rules(['CREATE'], ['deployments']) } },
      writeEvent('patch', {
        requestURI: '/apis/apps/v1/namespaces/prod/deployments/web?fieldManager=a',
        responseStatus: { code: 500 },
      }),
      '0 held, 0 refused, 1 unknown Failed operation',
    ],
    '[R33] an update that may lead round a policy on deletions': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']) } },
      writeEvent('update'),
      '0 held, 0 refused, 1 unknown leadsRound',
    ],
    '[R33] an eviction where deletions are gated': [
      { match: { resourceRules: rules(['DELETE'], ['pods'], '') } },
      auditEvent({
        verb: 'create',
        objectRef: { resource: 'pods', subresource: 'eviction', namespace: 'prod', name: 'web-0', apiVersion: 'v1' },
        responseStatus: { code: 201 },
      }),
      '1 held, 0 refused, 0 unknown',
    ],
    'the labels of a namespace that is deleted, as they are known': [
      { match: { resourceRules: rules(['DELETE'], ['namespaces'], ''), ...IN_PROD } },
      writeEvent('delete', { objectRef: { resource: 'namespaces', name: 'prod', apiVersion: 'v1' } }),
      '1 held, 0 refused, 0 unknown',
    ],
    'a namespace that is deleted, of whose labels nothing is known': [
      { match: { resourceRules: rules(['DELETE'], ['namespaces'], ''), ...IN_PROD } },
      writeEvent('delete', { objectRef: { resource: 'namespaces', name: 'other', apiVersion: 'v1' } }),
      '0 held, 0 refused, 1 unknown namespaceLabels',
    ],
    '[R32] a controller of the cluster': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']) } },
      writeEvent('delete', {
        user: {
          username: 'system:serviceaccount:kube-system:generic-garbage-collector',
          groups: ['system:serviceaccounts'],
        },
      }),
      '0 held, 0 refused, 0 unknown',
    ],
    '[R23] somebody who acts as that controller': [
      { match: { resourceRules: rules(['DELETE'], ['deployments']) } },
      writeEvent('delete', {
        impersonatedUser: {
          username: 'system:serviceaccount:kube-system:generic-garbage-collector',
          groups: ['system:serviceaccounts'],
        },
      }),
      '1 held, 0 refused, 0 unknown',
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [spec, event, expected, namespaces]) => {
    expect(verdict(backtestOf(spec, [event], namespaces))).toBe(expected);
  });
});

describe('what counts as an attempt, by the answer', () => {
  const forbidden = { 'authorization.k8s.io/decision': 'forbid' };
  const ours = { ...ALLOWED_BY_RBAC, 'connect-0d119dad.gate.sallyport.dev/decision': 'abc' };
  const cases: Record<string, readonly [AuditEvent, string]> = {
    '101 of a stream': [auditEvent(), '1 held'],
    '403 by RBAC': [auditEvent({ responseStatus: { code: 403 }, annotations: forbidden }), 'Forbidden'],
    '403 by our webhook': [auditEvent({ responseStatus: { code: 403 }, annotations: ours }), '1 held'],
    '429 by our webhook': [writeEvent('delete', { responseStatus: { code: 429 }, annotations: ours }), '1 held'],
    '403 by something else': [auditEvent({ responseStatus: { code: 403 } }), 'unknown RefusedElsewhere'],
    '401': [{ ...auditEvent({ responseStatus: { code: 401 } }), annotations: {} }, 'Unauthenticated'],
    '404': [writeEvent('delete', { responseStatus: { code: 404 } }), 'NotFound'],
    '409 of a create: it exists': [writeEvent('create', { responseStatus: { code: 409 } }), '1 held'],
    '409 of a delete': [writeEvent('delete', { responseStatus: { code: 409 } }), 'Conflict'],
    '422': [writeEvent('create', { responseStatus: { code: 422 } }), 'Invalid'],
    '429': [writeEvent('delete', { responseStatus: { code: 429 } }), 'Throttled'],
    '500': [auditEvent({ responseStatus: { code: 500 } }), 'unknown Failed'],
    'a panic': [auditEvent({ stage: 'Panic', responseStatus: { code: 500 } }), 'unknown Failed'],
    'no answer': [{ ...auditEvent(), responseStatus: {} }, 'unknown Failed'],
  };
  test.each(Object.entries(cases))('%s', (_, [event, expected]) => {
    const match = {
      resourceRules: [...EXEC, ...rules(['CREATE', 'DELETE'], ['deployments'])],
    };
    const { held, unknown, unknownBecause, notReached } = backtestOf({ match }, [event]);
    const found =
      held > 0
        ? `${held} held`
        : unknown > 0
          ? `unknown ${unknownBecause.map(({ reason }) => reason).join()}`
          : notReached.map(({ reason }) => reason).join();
    expect(found).toBe(expected);
  });

  test('what was only received says nothing, and a read is none', () => {
    const events = [
      auditEvent({ stage: 'RequestReceived' }),
      auditEvent({ verb: 'list', objectRef: { resource: 'pods' } }),
    ];
    expect(verdict(backtestOf({}, events))).toBe('0 held, 0 refused, 0 unknown');
  });

  test('a dry run is counted apart', () => {
    const event = writeEvent('create', { requestURI: '/apis/apps/v1/namespaces/prod/deployments?dryRun=All' });
    expect(backtestOf({}, [event])).toMatchObject({ held: 0, unknown: 0, dryRuns: 1, requests: 0 });
  });
});

describe('one action is one count', () => {
  const at = (seconds: number, overrides: Partial<AuditEvent> = {}): AuditEvent => {
    const time = new Date(Date.parse('2026-11-20T10:00:00Z') + seconds * 1000).toISOString();
    return auditEvent({ auditID: `id-${seconds}`, requestReceivedTimestamp: time, stageTimestamp: time, ...overrides });
  };
  const failed = {
    responseStatus: { code: 403 },
    annotations: { ...ALLOWED_BY_RBAC, 'c.gate.sallyport.dev/decision': 'a' },
  };
  const upgrade = { responseStatus: { code: 400 } };
  const cases: Record<string, readonly [readonly AuditEvent[], string]> = {
    'the stages of a stream': [
      [
        at(0, { stage: 'ResponseStarted' }),
        at(0, { stage: 'ResponseComplete', stageTimestamp: '2026-11-20T12:00:00Z' }),
      ],
      '1 held, 1 requests',
    ],
    'an event that is delivered again': [[at(0), at(0)], '1 held, 1 requests'],
    'two with an Audit-ID that the caller chose': [
      [at(0, { auditID: 'same' }), at(60, { auditID: 'same' })],
      '2 held, 2 requests',
    ],
    "kubectl's other protocol after a denial": [
      [at(0, failed), at(1, { ...failed, verb: 'create' })],
      '1 held, 1 requests',
    ],
    "kubectl's other protocol where the first is not understood": [
      [at(0, upgrade), at(1, { verb: 'create' })],
      '1 held, 1 requests',
    ],
    'the other protocol, told first': [[at(1, { verb: 'create' }), at(0, upgrade)], '1 held, 1 requests'],
    'a second command after a denial is another attempt, for the same request': [
      [at(0, failed), at(60)],
      '2 held, 1 requests',
    ],
    'each command that ran needs a request of its own': [[at(0), at(60), at(120)], '3 held, 3 requests'],
    'an attempt after the request has ended opens another': [
      [at(0, failed), at(2 * 3600, failed)],
      '2 held, 2 requests',
    ],
    'a write that the server said to try later': [
      [0, 2, 8].map((seconds) =>
        writeEvent('delete', {
          ...at(seconds, { ...failed, responseStatus: { code: 429 } }),
          verb: 'delete',
          requestURI: '/x',
          objectRef: writeEvent('delete').objectRef ?? {},
        }),
      ),
      '1 held, 1 requests',
    ],
    'two people with the same command': [
      [at(0, failed), at(1, { ...failed, verb: 'create', user: { username: 'bob' } })],
      '2 held, 2 requests',
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [events, expected]) => {
    const { held, requests } = backtestOf({}, events);
    expect(`${held} held, ${requests} requests`).toBe(expected);
  });

  test('a change that was refused and then made is one request at most, whatever else it might have been', () => {
    const match = { resourceRules: rules(['CREATE', 'UPDATE'], ['deployments']) };
    const patched = (seconds: number, overrides: Partial<AuditEvent>) =>
      writeEvent('patch', {
        ...at(seconds, overrides),
        verb: 'patch',
        requestURI: '/apis/apps/v1/namespaces/prod/deployments/web?fieldManager=kubectl-set',
        objectRef: writeEvent('patch').objectRef ?? {},
      });
    const found = backtestOf({ match }, [patched(0, failed), patched(60, { responseStatus: { code: 200 } })]);
    expect(found).toMatchObject({
      held: 0,
      unknown: 2,
      requests: 0,
      requestsAtMost: 1,
      unknownBecause: [
        { reason: 'change', count: 2 },
        { reason: 'operation', count: 1 },
      ],
    });
  });

  test('uses of one window are one request, as many as it allows', () => {
    const grant = { type: 'Window', window: '30m', maxUses: 2 } as const;
    expect(backtestOf({ grant }, [at(0), at(60), at(120)]).requests).toBe(2);
  });
});

test('says who, what, where and when, every day from the first to the last, and for whom', () => {
  const day = (date: string, user: string, namespace: string) =>
    auditEvent({
      auditID: `${date}${user}`,
      user: { username: user },
      requestURI: `/api/v1/namespaces/${namespace}/pods/web-0/exec?command=id&container=app`,
      objectRef: { resource: 'pods', subresource: 'exec', namespace, name: 'web-0', apiVersion: 'v1' },
      requestReceivedTimestamp: `${date}T10:00:00Z`,
      stageTimestamp: `${date}T10:00:01Z`,
    });
  const found = backtestOf({}, [
    day('2026-11-18', 'alice', 'prod'),
    day('2026-11-20', 'bob', 'dev'),
    day('2026-11-20', 'alice', 'prod'),
  ]);
  expect(found).toMatchObject({
    policy: 'prod-shells',
    asks: '1 of group sre',
    held: 3,
    requests: 3,
    requestsPerDay: 1.5,
    approvers: [{ approver: 'group sre', stage: 'oncall', requests: 3, requestsPerDay: 1.5 }],
    people: [
      { name: 'alice', held: 2, refused: 0, unknown: 0 },
      { name: 'bob', held: 1, refused: 0, unknown: 0 },
    ],
    namespaces: [{ name: 'prod' }, { name: 'dev' }],
    resources: [{ name: 'pods/exec', held: 3 }],
    actions: [{ name: 'exec id on pods in prod', held: 2 }, { name: 'exec id on pods in dev' }],
    days: [
      { day: '2026-11-18', held: 1 },
      { day: '2026-11-19', held: 0 },
      { day: '2026-11-20', held: 2 },
    ],
  });
});

test('what is no audit event, in all that is read of one, is said to be broken', () => {
  const backtest = createBacktest({ policies: [], namespace: () => undefined, person: (name) => name });
  const broken: readonly object[] = [
    { user: 'alice' },
    { level: 'Everything' },
    { stage: 'Later' },
    { objectRef: ['pods'] },
    { responseStatus: { code: '403' } },
    { impersonatedUser: { extra: { scopes: 'all' } } },
    { requestReceivedTimestamp: 'yesterday, at about noon' },
  ];
  for (const change of broken)
    expect(backtest.see({ ...auditEvent(), ...change })).toEqual({ broken: 'it is no audit.k8s.io/v1 Event' });
});
