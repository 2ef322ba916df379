import { describe, expect, test } from 'vitest';
import { auditEvent, writeEvent } from '../../../test/builders/audit-event.ts';
import { decidedBy, detectorsWorld, execOf, GRACE_MS, LOSS_MS, said, T0 } from '../../../test/builders/detectors.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import type { RequestChange } from '../../core/evidence/happenings.ts';

const KEPT = T0 + 1_000;
const iso = (ms: number) => new Date(ms).toISOString();

describe('[R42] a use', () => {
  /** As of a stream, beginning and end. */
  const tell = (world: ReturnType<typeof detectorsWorld>, event: AuditEvent, now: number): void => {
    world.event({ ...event, stage: 'ResponseStarted' }, now);
    world.event(event, now);
  };
  const refused = (code: number, change: Partial<AuditEvent> = {}) =>
    execOf('d1', T0, { stage: 'ResponseComplete', responseStatus: { code }, ...change });

  test.each([400, 403, 404, 409, 422, 429])('whose action was answered %i is given back, once', (code) => {
    const world = detectorsWorld();
    const { event, decision } = refused(code);
    world.decision(decision, KEPT);
    tell(world, event, KEPT);
    const found = world.until(KEPT + GRACE_MS);
    expect(found).toEqual([
      {
        kind: 'GiveBack',
        decision: 'd1',
        request: decision.request,
        code,
        event: expect.stringMatching(/^event\//) as string,
      },
    ]);
    expect(world.until(KEPT + 10 * GRACE_MS)).toEqual([]);
  });

  test('is given back too where its decision comes later', () => {
    const world = detectorsWorld();
    const { event, decision } = refused(403);
    tell(world, event, KEPT);
    world.until(KEPT + 10_000);
    world.decision(decision, KEPT + 10_000);
    expect(said(world.until(KEPT + GRACE_MS))).toEqual(['GiveBack 403']);
  });

  const KEEPS: Record<string, ReturnType<typeof execOf>> = {
    'that was answered 101': refused(101),
    'that was answered 200': refused(200),
    'that was answered 499': refused(499),
    'that was answered 500': refused(500),
    'that was answered 503': refused(503),
    'that was answered 401': refused(401),
    'on a collection, of which others may be gone': {
      ...refused(403, { verb: 'deletecollection', objectRef: { resource: 'pods', namespace: 'prod' } }),
      decision: { ...refused(403).decision, operation: 'DELETE', resource: 'pods' },
    },
    'of which only the beginning is told': execOf('d1', T0, { responseStatus: { code: 403 } }),
    'that answered an earlier one again': {
      ...refused(403),
      decision: { ...refused(403).decision, code: 'Reviewed' },
    },
    'that was refused by us': {
      ...refused(403),
      decision: { ...refused(403).decision, verdict: 'Denied', code: 'Denied' },
    },
    'of a dry run': { ...refused(403), decision: { ...refused(403).decision, code: 'DryRun', dryRun: true } },
    'of somebody else': { ...refused(403), decision: { ...refused(403).decision, user: { username: 'bob' } } },
    'behind a proxy, which answers what it likes': execOf(
      'd1',
      T0,
      {
        stage: 'ResponseComplete',
        responseStatus: { code: 404 },
        objectRef: { resource: 'services', subresource: 'proxy', namespace: 'prod', name: 'web-0' },
      },
      { resource: 'services/proxy' },
    ),
  };
  test.each(Object.entries(KEEPS))('is not given back for an action %s', (_, { event, decision }) => {
    const world = detectorsWorld();
    world.decision(decision, KEPT);
    tell(world, event, KEPT);
    expect(said(world.until(KEPT + 2 * GRACE_MS)).filter((text) => text.startsWith('GiveBack'))).toEqual([]);
  });

  test('is not given back where the beginning of the stream is not told', () => {
    const world = detectorsWorld();
    const { event, decision } = refused(404);
    world.decision(decision, KEPT);
    world.event(event, KEPT);
    expect(world.until(KEPT + 2 * GRACE_MS)).toEqual([]);
  });

  test('is not given back where another request names the same decision', () => {
    const world = detectorsWorld();
    const { event, decision } = refused(403);
    world.decision(decision, KEPT);
    tell(world, event, KEPT);
    world.event({ ...execOf('d1').event, auditID: 'another' }, KEPT + 1);
    expect(said(world.until(KEPT + 2 * GRACE_MS))).toEqual(['Bypass']);
  });
});

describe('a loss', () => {
  /** One exec that shows that they are told of, and then `lost`. */
  function world(lost = execOf('d2', T0 + 1_000)) {
    const made = detectorsWorld();
    const first = execOf('d1');
    made.decision(first.decision, KEPT);
    made.event(first.event, KEPT);
    made.decision(lost.decision, KEPT + 1_000);
    return made;
  }
  const later = auditEvent({
    verb: 'list',
    objectRef: { resource: 'pods', namespace: 'prod' },
    requestReceivedTimestamp: iso(T0 + LOSS_MS + 60_000),
    stageTimestamp: iso(T0 + LOSS_MS + 60_000),
  });
  const otherWrite = writeEvent('patch', {
    user: { username: 'carol', groups: [] },
    requestReceivedTimestamp: later.requestReceivedTimestamp,
    stageTimestamp: later.stageTimestamp,
    annotations: decidedBy('none'),
    responseStatus: { code: 403 },
  });

  test('is an allowed action without an event, while others come', () => {
    const made = world();
    made.event(otherWrite, KEPT + LOSS_MS + 60_000);
    const findings = made.until(KEPT + LOSS_MS + 60_000);
    expect(said(findings)).toEqual(['Loss']);
    // As its decision says it: whoever searches by the verb finds both.
    expect(findings).toMatchObject([{ alarm: { verb: 'connect' } }]);
  });

  test('is none while no events come, and is counted in the end', () => {
    const made = world();
    expect(made.until(KEPT + 2 * LOSS_MS)).toEqual([]);
    expect(said(made.until(KEPT + 10 * LOSS_MS))).toEqual(['Unknown NoEvents']);
  });

  test('is told when events come again', () => {
    const made = world();
    expect(made.until(KEPT + 2 * LOSS_MS)).toEqual([]);
    made.event(otherWrite, KEPT + 2 * LOSS_MS);
    expect(said(made.until(KEPT + 2 * LOSS_MS))).toEqual(['Loss']);
  });

  test('is none of a kind that was never told of', () => {
    const made = detectorsWorld();
    made.decision(execOf('d2').decision, KEPT);
    made.event(otherWrite, KEPT + LOSS_MS + 60_000);
    expect(said(made.until(KEPT + LOSS_MS + 60_000))).toEqual([]);
  });

  const EXPLAINED: Record<string, AuditEvent> = {
    'its event comes late': execOf('d2', T0 + 1_000).event,
    'we answered too late, so that there is no annotation': {
      ...execOf('d2', T0 + 1_000).event,
      annotations: {},
      responseStatus: { code: 500 },
    },
    'the same write was reviewed before, whose decision its event names': {
      ...execOf('d9', T0 + 1_000).event,
      responseStatus: { code: 409 },
    },
  };
  test.each(Object.entries(EXPLAINED))('is none where %s', (_, event) => {
    const made = world();
    made.event(event, KEPT + 120_000);
    made.event(otherWrite, KEPT + LOSS_MS + 60_000);
    expect(said(made.until(KEPT + LOSS_MS + 60_000))).toEqual([]);
  });

  test.each(['Reviewed', 'NoPolicyMatches', 'DryRun'])('is none of what used nothing: %s', (code) => {
    const lost = execOf('d2', T0 + 1_000, {}, { code });
    const made = world(lost);
    made.event(otherWrite, KEPT + LOSS_MS + 60_000);
    expect(said(made.until(KEPT + LOSS_MS + 60_000))).toEqual([]);
  });
});

const AS_BOB = { impersonatedUser: { username: 'bob', groups: ['sre'] } };
const own = (resource: string, change: Partial<AuditEvent> = {}): AuditEvent =>
  auditEvent({
    verb: 'create',
    stage: 'ResponseComplete',
    requestURI: `/apis/sallyport.dev/v1alpha1/namespaces/prod/${resource}`,
    objectRef: { resource, apiGroup: 'sallyport.dev', namespace: 'prod', name: 'one' },
    responseStatus: { code: 201 },
    ...change,
  });
const opened = (change: Partial<RequestChange> = {}): RequestChange => ({
  uid: 'u',
  request: 'prod/one',
  state: 'Pending',
  at: '2026-11-20T10:00:00Z',
  requester: { username: 'bob' },
  action: { operation: 'CONNECT', group: '', version: 'v1', resource: 'pods' },
  digest: 'sha256:00',
  policies: [],
  ...change,
});

describe('[R23] in the name of somebody else', () => {
  /** What comes of an event while the ledger knows this of request prod/one. */
  function of(event: AuditEvent, ...requests: readonly (RequestChange | undefined)[]) {
    const world = detectorsWorld({ policies: [] });
    world.event(event, KEPT);
    for (const request of requests)
      if (request !== undefined) world.see({ kind: 'Request', id: 'request/u/Pending', data: request }, KEPT);
    return world.until(KEPT + 2 * GRACE_MS);
  }
  const asked = execOf('d1', T0, {
    ...AS_BOB,
    stage: 'ResponseComplete',
    responseStatus: { code: 403 },
    annotations: { ...decidedBy('d1'), 'connect-0123abcd.gate.sallyport.dev/request': 'prod/one' },
  }).event;

  test('a vote', () => {
    const [alarm, impersonated] = of(own('approvalvotes', AS_BOB));
    expect(alarm).toMatchObject({ kind: 'Alarm', alarm: { alarm: 'Impersonation', username: 'alice' } });
    expect(alarm?.kind === 'Alarm' && alarm.alarm.message).toContain(
      "the vote is bob's by its name alone; alice made it",
    );
    expect(impersonated).toMatchObject({ kind: 'Impersonated', made: 'Vote', object: 'prod/one' });
  });
  test('a request, written by hand or asked for by the action itself', () => {
    for (const event of [own('approvalrequests', AS_BOB), asked])
      expect(said(of(event, opened()))).toEqual(['Impersonation', 'Impersonated Request']);
  });

  test('a request that was named by the API server, by who made it when', () => {
    const { name: _name, ...unnamed } = own('approvalrequests', AS_BOB).objectRef ?? {};
    const event = { ...own('approvalrequests', AS_BOB), objectRef: unnamed };
    const bobs = (name: string, at?: string) =>
      opened({ request: `prod/${name}`, requester: { username: 'bob' }, ...(at === undefined ? {} : { at }) });
    expect(said(of(event, bobs('g-1')))).toEqual(['Impersonation', 'Impersonated Request']);
    expect(said(of(event, bobs('g-1', '2026-11-20T09:00:00Z')))).toEqual([]);
    expect(said(of(event, opened({ request: 'prod/g-1', requester: { username: 'carol' } })))).toEqual([]);
    expect(said(of(event, bobs('g-1'), bobs('g-2')))).toEqual(['Impersonation']);
    const admitted = opened({ request: 'prod/g-2', requester: { username: 'bob', impersonated: true } });
    expect(said(of(event, bobs('g-1'), admitted))).toEqual([]);
  });

  const NONE: Record<string, readonly [AuditEvent, RequestChange?]> = {
    'a vote in their own name': [own('approvalvotes')],
    'a vote that was refused': [own('approvalvotes', { ...AS_BOB, responseStatus: { code: 403 } })],
    'a vote that is looked at': [own('approvalvotes', { ...AS_BOB, verb: 'get', responseStatus: { code: 200 } })],
    'a request that says so': [asked, opened({ requester: { username: 'bob', impersonated: true } })],
    'a request of before, which they only joined': [asked, opened({ at: '2026-11-20T09:00:00Z' })],
    'a request that the ledger has not heard of': [asked],
  };
  test.each(Object.entries(NONE))('is no alarm: %s', (_, [event, request]) => {
    expect(said(of(event, request))).toEqual([]);
  });
});

describe('what the gate stands on', () => {
  const GATE = { resource: 'validatingwebhookconfigurations', apiGroup: 'admissionregistration.k8s.io' };
  const touched = (verb: string, objectRef: object, change: Partial<AuditEvent> = {}) =>
    auditEvent({
      verb,
      stage: 'ResponseComplete',
      requestURI: '/x',
      objectRef,
      responseStatus: { code: 200 },
      ...change,
    });
  const CRD = {
    resource: 'customresourcedefinitions',
    apiGroup: 'apiextensions.k8s.io',
    name: 'approvalvotes.sallyport.dev',
  };
  const KEYS = { resource: 'secrets', namespace: 'sallyport-system', name: 'sallyport-keys' };
  const gate = { ...GATE, name: 'sallyport-gate' };
  const sallyport = { username: 'sallyport', groups: [] };

  const REMOVED: Record<string, AuditEvent> = {
    'the webhook configuration is deleted': touched('delete', gate),
    'it is changed': touched('patch', gate),
    'all of them are deleted': touched('deletecollection', GATE),
    'some by a label of ours': touched('deletecollection', GATE, {
      requestURI: '/x?labelSelector=app.kubernetes.io%2Fpart-of%3Dsallyport',
    }),
    'all but some, by their labels': touched('deletecollection', GATE, { requestURI: '/x?labelSelector=a%21%3Db' }),
    'all, by an empty selector': touched('deletecollection', GATE, { requestURI: '/x?labelSelector=' }),
    'one of a collection': touched('deletecollection', GATE, {
      requestURI: '/x?fieldSelector=metadata.name%3Dsallyport-gate',
    }),
    'a deletion that its query alone calls dry': touched('delete', gate, { requestURI: '/x?dryRun=All' }),
    'a CRD is deleted': touched('delete', CRD),
    'the keys are changed': touched('update', KEYS),
    'in our name': touched('delete', gate, { impersonatedUser: sallyport }),
  };
  test.each(Object.entries(REMOVED))('is an alarm: %s', (_, event) => {
    const world = detectorsWorld({ policies: [] });
    world.event(event, KEPT);
    world.event({ ...event, stage: 'ResponseStarted' }, KEPT);
    expect(said(world.until(KEPT))).toEqual(['GateRemoved']);
  });

  const NONE: Record<string, AuditEvent> = {
    'by ourselves': touched('patch', gate, { user: sallyport }),
    'refused by the fence': touched('delete', gate, { responseStatus: { code: 403 } }),
    'of somebody else': touched('delete', { ...GATE, name: 'other' }),
    'of those with a label that ours do not have': touched('deletecollection', GATE, {
      requestURI: '/x?labelSelector=webhook.kyverno.io%2Fmanaged-by%3Dkyverno',
    }),
    'of another of a collection': touched('deletecollection', GATE, {
      requestURI: '/x?fieldSelector=metadata.name%3Dother',
    }),
    'a deletion that is dry by its body': touched('delete', gate, {
      level: 'Request',
      requestObject: { kind: 'DeleteOptions', dryRun: ['All'] },
    }),
    'a dry run': touched('patch', gate, { requestURI: '/x?dryRun=All' }),
    'a CRD that is applied again': touched('patch', CRD),
    'the status of one': touched('update', { ...CRD, subresource: 'status' }),
    'keys of another namespace': touched('delete', { ...KEYS, namespace: 'prod' }),
    'looked at': touched('get', gate),
  };
  test.each(Object.entries(NONE))('is none: %s', (_, event) => {
    const world = detectorsWorld({ policies: [] });
    world.event(event, KEPT);
    expect(said(world.until(KEPT))).toEqual([]);
  });

  test('may be changed by whom somebody else let through the fence, for as long as it stood open', () => {
    const world = detectorsWorld({ policies: [] });
    const action = {
      operation: 'CONNECT',
      group: 'sallyport.dev',
      version: 'v1alpha1',
      resource: 'fences',
      subresource: 'open',
      name: 'sallyport-fence',
    } as const;
    const opening = (state: 'Approved' | 'Expired', at: number) =>
      world.see(
        {
          kind: 'Request',
          id: `request/u/${state}`,
          data: opened({ action, state, at: iso(at), requester: { username: 'alice' } }),
        },
        KEPT,
      );
    opening('Approved', T0 - 60_000);
    world.event(touched('patch', gate), KEPT);
    world.event(touched('patch', gate, { user: { username: 'mallory', groups: [] } }), KEPT);
    opening('Expired', T0 + 60_000);
    world.event(touched('patch', gate, { requestReceivedTimestamp: iso(T0 + 600_000) }), KEPT);
    const found = world.until(KEPT);
    expect(said(found)).toEqual(['GateRemoved', 'GateRemoved']);
    expect(found.map((finding) => finding.kind === 'Alarm' && finding.alarm.username)).toEqual(['mallory', 'alice']);
  });
});
