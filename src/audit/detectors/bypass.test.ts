import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { ALICE_AUDITED, auditEvent, writeEvent } from '../../../test/builders/audit-event.ts';
import { decisionRecord } from '../../../test/builders/decision-record.ts';
import { decidedBy, detectorsWorld, execOf, GRACE_MS, said, SETTLE_MS, T0 } from '../../../test/builders/detectors.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { CUT_ANNOTATION } from '../../core/attributes/cut-note.ts';
import { MOMENT_MS } from './create-detectors.ts';

const KEPT = T0 + 1_000;
const LATE = KEPT + GRACE_MS;
const { event: plain } = execOf('d1');
const unasked = (change: Partial<AuditEvent> = {}): AuditEvent => ({ ...plain, annotations: {}, ...change });
const SERVICE_ACCOUNTS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
const controller = (name: string) => ({
  username: `system:serviceaccount:kube-system:${name}`,
  groups: SERVICE_ACCOUNTS,
});
const gated = approvalPolicy({
  match: {
    resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'DELETE'], resources: ['pods'] }],
    objectSelector: { matchLabels: { app: 'db' } },
  },
});
const inProd = approvalPolicy({
  match: { ...approvalPolicy().spec.match, namespaceSelector: { matchLabels: { env: 'prod' } } },
});
const labelled = (env: string) => ({ metadata: { name: 'prod', labels: { env } } });

/** What comes of one event, of which the ledger has no decision, when all time is over. */
function of(event: AuditEvent, setup: Parameters<typeof detectorsWorld>[0] = {}): readonly string[] {
  const world = detectorsWorld(setup);
  world.event(event, KEPT);
  return said(world.until(LATE + 1));
}

describe('an action without a decision', () => {
  const BYPASS: Record<string, AuditEvent> = {
    'an exec over WebSocket': unasked(),
    'an exec over SPDY': unasked({ verb: 'create' }),
    'an attach': unasked({ objectRef: { resource: 'pods', subresource: 'attach', namespace: 'prod', name: 'web-0' } }),
    'of which only the end is told': unasked({ stage: 'ResponseComplete' }),
    'a create': writeEvent('create'),
    'a delete, of which it does not show whether it was dry': writeEvent('delete'),
    'a patch, of which it does not show whether it changed anything': writeEvent('patch'),
    'an eviction': unasked({
      verb: 'create',
      objectRef: { resource: 'pods', subresource: 'eviction', namespace: 'prod', name: 'web-0' },
      responseStatus: { code: 201 },
    }),
    'by a node, of a stream': unasked({ user: { username: 'system:node:a', groups: ['system:nodes'] } }),
    'by ourselves, of a stream': unasked({ user: { username: 'sallyport', groups: [] } }),
    'by who takes the name of the control plane': writeEvent('delete', {
      impersonatedUser: { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
    }),
    'by who takes our name': writeEvent('delete', { impersonatedUser: { username: 'sallyport', groups: [] } }),
    'of which other parts were cut off': unasked({ annotations: { [CUT_ANNOTATION]: '{"missing":["requestURI"]}' } }),
    'a delete that says in its query alone that it is dry, which a body makes void': writeEvent('delete', {
      requestURI: '/apis/apps/v1/namespaces/prod/deployments/web?dryRun=All',
    }),
    'of a user who is no UTF-16': unasked({ requestURI: '/\ud800' }),
    'with an annotation of another webhook': unasked({ annotations: { 'evil.example.com/decision': 'd1' } }),
  };
  test.each(Object.entries(BYPASS))('is a bypass: %s', (_, event) => {
    expect(of(event)).toEqual(['Bypass']);
  });

  const NONE: Record<string, AuditEvent> = {
    'one that was refused': unasked({ responseStatus: { code: 403 } }),
    'one that failed': unasked({ responseStatus: { code: 500 } }),
    'one that panicked': unasked({ stage: 'Panic', responseStatus: { code: 200 } }),
    'one that has just come in': unasked({ stage: 'RequestReceived' }),
    'a read': unasked({ objectRef: { resource: 'pods', namespace: 'prod', name: 'web-0' } }),
    logs: unasked({ objectRef: { resource: 'pods', subresource: 'log', namespace: 'prod', name: 'web-0' } }),
    'what no policy names': writeEvent('create', {
      objectRef: { resource: 'configmaps', namespace: 'prod', name: 'a' },
    }),
    'a write of a controller': writeEvent('patch', { user: controller('deployment-controller') }),
    'what the garbage collector deletes': writeEvent('delete', { user: controller('generic-garbage-collector') }),
    'what a namespace takes along': writeEvent('delete', { user: controller('namespace-controller') }),
    'a write of a kubelet': writeEvent('delete', { user: { username: 'system:node:a', groups: ['system:nodes'] } }),
    'a write of our own': writeEvent('patch', { user: { username: 'sallyport', groups: ['system:serviceaccounts'] } }),
  };
  test.each(Object.entries(NONE))('is none: %s', (_, event) => {
    expect(of(event)).toEqual([]);
  });

  test('a dry run that says so changes nothing, and is none', () => {
    expect(of(writeEvent('create', { requestURI: '/apis/apps/v1/namespaces/prod/deployments?dryRun=All' }))).toEqual(
      [],
    );
  });

  const UNKNOWN: Record<string, readonly [AuditEvent, Parameters<typeof detectorsWorld>[0], string]> = {
    'where labels that it does not show decide': [
      writeEvent('delete', { objectRef: { resource: 'pods', namespace: 'prod', name: 'x' } }),
      { policies: [gated] },
      'NotShown',
    ],
    'where the labels of its namespace are not known': [unasked(), { policies: [inProd] }, 'NotShown'],
    'where its annotations were cut off': [
      unasked({ annotations: { [CUT_ANNOTATION]: '{"missing":["annotations"]}' } }),
      {},
      'Cut',
    ],
    'where the API server gave up on it': [writeEvent('create', { responseStatus: { code: 504 } }), {}, 'Unanswered'],
    'where it does not say who did it': [unasked({ user: {} }), {}, 'Unreadable'],
    'where it is of no time': [unasked({ stageTimestamp: 'yesterday' }), {}, 'Unreadable'],
  };
  test.each(Object.entries(UNKNOWN))('is counted, and no alarm, %s', (_, [event, setup, why]) => {
    expect(of(event, setup)).toEqual([`Unknown ${why}`]);
  });

  test('is judged by the labels that its namespace has', () => {
    expect(of(unasked(), { policies: [inProd], namespace: () => [labelled('prod')] })).toEqual(['Bypass']);
    expect(of(unasked(), { policies: [inProd], namespace: () => [labelled('dev')] })).toEqual([]);
    // They changed about then, and not in what matters: or they did.
    const owned = { metadata: { name: 'prod', labels: { env: 'prod', owner: 'alice' } } };
    expect(of(unasked(), { policies: [inProd], namespace: () => [labelled('prod'), owned] })).toEqual(['Bypass']);
    expect(of(unasked(), { policies: [inProd], namespace: () => [labelled('prod'), labelled('dev')] })).toEqual([
      'Unknown Settling',
    ]);
  });

  test('is none under a policy that does not hold', () => {
    for (const mode of ['Warn', 'Audit'] as const)
      expect(of(unasked(), { policies: [approvalPolicy({ mode })] })).toEqual([]);
  });

  test('says who, what, where and why, and proves it', () => {
    const world = detectorsWorld();
    const event = unasked({ impersonatedUser: { username: 'bob', groups: ['sre'] } });
    world.event(event, KEPT);
    const [finding] = world.until(LATE);
    expect(finding).toMatchObject({
      kind: 'Alarm',
      id: expect.stringMatching(/^alarm\/Bypass\/[0-9a-f]{32}$/) as string,
      alarm: {
        alarm: 'Bypass',
        username: 'alice',
        verb: 'connect',
        resource: 'pods/exec',
        namespace: 'prod',
        name: 'web-0',
        at: event.requestReceivedTimestamp,
        evidence: [expect.stringMatching(/^event\//) as string],
      },
    });
    expect(finding?.kind === 'Alarm' && finding.alarm.message).toBe(
      'alice as bob: get pods/exec prod/web-0, answered 101: policy prod-shells asks for approval, and Sallyport was not asked',
    );
  });

  test('quotes a name that would be read as our own words, and cuts it', () => {
    const world = detectorsWorld();
    const username = `ci: patch deployments prod/web, answered 200: nothing to do ${'x'.repeat(2_000)}`;
    world.event(unasked({ impersonatedUser: { username, groups: ['sre'] } }), KEPT);
    const [finding] = world.until(LATE);
    const message = finding?.kind === 'Alarm' ? finding.alarm.message : '';
    expect(message).toMatch(/^alice as "ci: patch deployments [^"]{1,120}": get pods\/exec prod\/web-0, answered 101/);
  });

  test('is one alarm for all stages, and for an event that comes again', () => {
    const world = detectorsWorld();
    for (const stage of ['ResponseStarted', 'ResponseComplete', 'ResponseComplete'] as const)
      world.event(unasked({ stage, stageTimestamp: '2026-11-20T10:00:02Z' }), KEPT);
    const ids = world.until(LATE).map((finding) => (finding.kind === 'Alarm' ? finding.id : finding.kind));
    expect(new Set(ids).size).toBe(1);
  });

  test('is no loss where the decision may stand before what is read after a start', () => {
    const { event } = execOf('d1');
    const found = (setup: Parameters<typeof detectorsWorld>[0], first: number) => {
      const world = detectorsWorld(setup);
      world.decision(decisionRecord({ id: 'another' }), first);
      world.event(event, T0 + 120_000);
      return said(world.until(T0 + 120_000 + GRACE_MS));
    };
    expect(found({ after: 500 }, T0 + 60_000)).toEqual(['Unknown Old']);
    expect(found({ after: 500 }, T0 - 60_000)).toEqual(['Loss']);
    // A ledger that is read from its beginning has everything.
    expect(found({}, T0 + 60_000)).toEqual(['Loss']);
  });

  test('is not got out of sight by a flood of other actions', () => {
    const world = detectorsWorld({ options: { waiting: 10 } });
    world.event(unasked(), KEPT);
    for (let at = 1; at <= 30; at += 1) world.event(execOf(`d${at}`, T0 + at).event, KEPT);
    const found = said(world.until(KEPT));
    expect(found).toContain('Bypass');
    expect(found).toContain('Unknown Overflow');
  });

  test('is told within seconds', () => {
    const world = detectorsWorld();
    world.event(unasked(), KEPT);
    expect(world.until(KEPT + MOMENT_MS - 1)).toEqual([]);
    expect(said(world.until(KEPT + MOMENT_MS))).toEqual(['Bypass']);
  });
});

describe('the policy', () => {
  const { uid = '', name } = approvalPolicy().metadata;
  const stored = { uid, name, generation: 1, change: 'Stored', spec: approvalPolicy().spec } as const;
  const trial = { ...stored, generation: 2, spec: approvalPolicy({ mode: 'Warn' }).spec } as const;
  const removed = { uid, name, generation: 1, change: 'Removed' } as const;
  type Change = readonly [typeof stored | typeof trial | typeof removed, earliest: number, at: number];
  const CASES: Record<string, readonly [readonly Change[], string[]]> = {
    'that came long before asks': [[[stored, 0, T0 - SETTLE_MS - 5_000]], ['Bypass']],
    'that came a moment before may not be enforced yet': [[[stored, 0, T0 - 5_000]], ['Unknown Settling']],
    'that came afterwards asked nobody': [[[stored, T0 + 60_000, T0 + 60_000]], []],
    'that went away long before asks nobody': [
      [
        [stored, 0, T0 - 900_000],
        [removed, T0 - 60_000, T0 - 60_000],
      ],
      [],
    ],
    'that went away a moment before may still be enforced': [
      [
        [stored, 0, T0 - 900_000],
        [removed, T0 - 1_000, T0 - 1_000],
      ],
      ['Unknown Settling'],
    ],
    'that went away afterwards did ask': [
      [
        [stored, 0, T0 - 900_000],
        [removed, T0 + 60_000, T0 + 60_000],
      ],
      ['Bypass'],
    ],
    'that went away nobody knows when may have asked nobody': [
      [
        [stored, 0, T0 - 900_000],
        [removed, 0, T0 + 60_000],
      ],
      ['Unknown Settling'],
    ],
    'that changed to one that only warns': [
      [
        [stored, 0, T0 - 900_000],
        [trial, T0 - 60_000, T0 - 60_000],
      ],
      [],
    ],
    'that changed to one that only warns afterwards': [
      [
        [stored, 0, T0 - 900_000],
        [trial, T0 + 60_000, T0 + 60_000],
      ],
      ['Bypass'],
    ],
  };
  test.each(Object.entries(CASES))('%s', (_, [changes, expected]) => {
    const world = detectorsWorld({ policies: [] });
    for (const [change, earliest, at] of changes) world.history.change(change, earliest, at);
    world.event(unasked(), KEPT);
    expect(said(world.until(LATE))).toEqual(expected);
  });

  test('that stands, and is told of afterwards with its times, is what it is told to be', () => {
    const world = detectorsWorld();
    world.history.change(stored, T0, T0 - 1_000);
    world.event(unasked(), KEPT);
    expect(said(world.until(LATE))).toEqual(['Unknown Settling']);
  });

  test('that was over long ago is forgotten', () => {
    const world = detectorsWorld({ policies: [] });
    world.history.change(stored, 0, T0 - 900_000);
    world.history.change(removed, T0 - 800_000, T0 - 800_000);
    expect(world.history.during(T0, T0)).toHaveLength(1);
    world.history.forget(T0 - 100_000);
    expect(world.history.during(T0, T0)).toHaveLength(0);
  });
});

describe('an action with a decision', () => {
  test.each([0, 1_000, GRACE_MS - 1])('that comes to the ledger %i ms after the event is none', (ms) => {
    const world = detectorsWorld();
    const { event, decision } = execOf('d1');
    world.event(event, KEPT);
    const before = world.until(KEPT + ms - 1);
    world.decision(decision, KEPT + ms);
    expect([...before, ...world.until(LATE + 60_000)]).toEqual([]);
  });

  const FINE: Record<string, () => ReturnType<typeof execOf>> = {
    'of no opinion': () => execOf('d1', T0, {}, { code: 'NoPolicyMatches' }),
    'of a dry run': () => execOf('d1', T0, {}, { code: 'DryRun', dryRun: true }),
    'that answers again what was reviewed': () => execOf('d1', T0, {}, { code: 'Reviewed' }),
    'about an object that it names later (generateName)': () =>
      execOf('d1', T0, writeNames({ namespace: 'prod' }), {
        operation: 'CREATE',
        resource: 'deployments.apps',
        name: 'x',
      }),
    'about an apply that makes what is not there': () =>
      execOf(
        'd1',
        T0,
        { ...writeEvent('patch'), responseStatus: { code: 201 }, annotations: decidedBy('d1') },
        { operation: 'CREATE', resource: 'deployments.apps', name: 'web' },
      ),
    'about the kind by another group': () =>
      execOf('d1', T0, writeNames({ namespace: 'prod', name: 'web' }), {
        operation: 'CREATE',
        resource: 'deployments.extensions',
        name: 'web',
      }),
  };
  function writeNames(objectRef: object): Partial<AuditEvent> {
    const { requestURI, verb, responseStatus } = writeEvent('create');
    const code = responseStatus ?? {};
    return {
      requestURI,
      verb,
      responseStatus: code,
      objectRef: { resource: 'deployments', apiGroup: 'apps', ...objectRef },
    };
  }
  test.each(Object.entries(FINE))('is none: %s', (_, make) => {
    const world = detectorsWorld();
    const { event, decision } = make();
    world.decision(decision, KEPT);
    world.event(event, KEPT);
    expect(world.until(LATE + 1)).toEqual([]);
  });

  const WRONG: Record<string, () => ReturnType<typeof execOf>> = {
    'of somebody else': () => execOf('d1', T0, { user: { ...ALICE_AUDITED, username: 'mallory' } }),
    'about another pod': () => execOf('d1', T0, {}, { name: 'web-1' }),
    'in another namespace': () => execOf('d1', T0, {}, { namespace: 'dev' }),
    'about another operation': () => execOf('d1', T0, {}, { operation: 'CREATE' }),
    'about another subresource': () => execOf('d1', T0, {}, { resource: 'pods/attach' }),
    'that refused it': () => execOf('d1', T0, {}, { verdict: 'Denied', code: 'Denied' }),
    'that asked for approval': () => execOf('d1', T0, {}, { verdict: 'Asked', code: 'ApprovalRequired' }),
  };
  test.each(Object.entries(WRONG))('is a bypass by a decision %s', (_, make) => {
    const world = detectorsWorld();
    const { event, decision } = make();
    world.decision(decision, KEPT);
    world.event(event, KEPT);
    expect(said(world.until(LATE + 1))).toEqual(['Bypass']);
  });

  test('all its stages are one claim, and another request has none to the same decision', () => {
    const world = detectorsWorld();
    const { event, decision } = execOf('d1');
    world.decision(decision, KEPT);
    world.event(event, KEPT);
    world.event({ ...event, stage: 'ResponseComplete', stageTimestamp: '2026-11-20T10:10:00Z' }, KEPT);
    world.event({ ...event, requestReceivedTimestamp: '2026-11-20T10:00:09Z' }, KEPT);
    const found = world.until(LATE);
    expect(said(found)).toEqual(['Bypass']);
    expect(found[0]?.kind === 'Alarm' && found[0].alarm.message).toContain('was for another request');
  });

  test('that the ledger does not have in time is a loss, and where nothing had to be approved it is nothing', () => {
    expect(of(plain)).toEqual(['Loss']);
    expect(of(plain, { policies: [] })).toEqual([]);
    expect(of(writeEvent('patch', { annotations: decidedBy('d1') }))).toEqual(['Unknown NotShown']);
  });

  test('that was forgotten long ago is counted', () => {
    const world = detectorsWorld({ options: { memoryMs: 60_000 } });
    world.decision(execOf('d0').decision, T0);
    world.until(T0 + 120_000);
    world.event(
      auditEvent({
        annotations: decidedBy('d0'),
        stageTimestamp: '2026-11-20T11:00:00Z',
        requestReceivedTimestamp: '2026-11-20T09:59:59Z',
      }),
      T0 + 130_000,
    );
    expect(said(world.until(T0 + 200_000))).toEqual(['Unknown Old']);
  });
});
