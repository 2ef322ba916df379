import { describe, expect, test } from 'vitest';
import { endedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { createAttributes } from '../../test/builders/attributes.ts';
import type { RequestStatus } from '../core/api/kinds.ts';
import { requestName } from '../core/decision/request-place.ts';
import { SECRET, World, codeOf, messageOf } from '../../test/builders/enforcement-world.ts';

describe('[R13] [R14] asking', () => {
  test('a gated action without a request opens one and says so in one line', async () => {
    const world = new World();
    const outcome = await world.enforce();
    const [request] = world.approvals.all();
    const name = request?.metadata.name ?? '';
    expect(name).toMatch(/^exec-web-0-[0-9a-f]{8}$/);
    expect(outcome).toMatchObject({
      kind: 'Asked',
      code: 'ApprovalRequired',
      facts: { request: `prod/${name}`, retry: true },
    });
    expect(messageOf(outcome)).toBe(
      `approval required: exec ls on prod/pods/web-0 (app) needs 1 of group sre. NOT executed. Request prod/${name} is pending; run the same command again after approval [sallyport code=ApprovalRequired request=prod/${name} retry=true expires=2026-01-01T01:00:00Z]`,
    );
  });

  test('two reviews of one denied exec open one request, whichever replica meets the second', async () => {
    const world = new World();
    const first = await world.enforce();
    expect(await world.enforce()).toMatchObject({ kind: 'Asked', facts: first.facts });
    world.seen = [];
    expect(await world.enforce()).toMatchObject({ kind: 'Asked', facts: first.facts });
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('twenty at once open one', async () => {
    const world = new World();
    world.seen = [];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.enforce()));
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Asked ApprovalRequired']));
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('asked, approved, the same command again, and then never again', async () => {
    const world = new World();
    await world.enforce();
    const [request] = world.approvals.all();
    if (request === undefined) throw new Error('nothing was opened');
    world.approveRequest(request);
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(codeOf(await world.enforce())).toBe('Denied AlreadyUsed');
    await world.clock.advance(6000);
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(2);
  });

  test('an answer lost after the write is found again', async () => {
    const world = new World();
    world.approvals.faults.push({ method: 'open', call: 1, when: 'after', error: new Error(SECRET) });
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(1);
  });

  test("somebody else's object of that name gives another name, the same for every replica", async () => {
    const world = new World();
    const foreign = world.putNamed((request) => ({
      ...request,
      spec: { ...request.spec, requester: { username: 'mallory' } },
    }));
    world.seen = [];
    const outcome = await world.enforce();
    expect(outcome.kind).toBe('Asked');
    expect(outcome.facts.request).not.toBe(`prod/${foreign.metadata.name}`);
    expect((await world.enforce()).facts.request).toBe(outcome.facts.request);
    expect(world.approvals.all()).toHaveLength(2);
  });

  test('names that somebody took beforehand do not keep anybody from asking', async () => {
    const world = new World();
    let after: string | undefined;
    for (let index = 0; index < 10; index += 1) {
      after = world.putNamed((request) => ({ ...request, spec: { ...request.spec, digest: 'x' } }), after, `f${index}`)
        .metadata.uid;
    }
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
  });

  test.each<[string, RequestStatus, string]>([
    ['denied a moment ago', endedStatus('Denied', Date.parse('2026-01-01T00:00:00Z')), 'Denied Denied'],
    ['used a moment ago', endedStatus('Consumed', Date.parse('2026-01-01T00:00:00Z')), 'Denied AlreadyUsed'],
    ['denied long ago', endedStatus('Denied', Date.parse('2025-12-31T00:00:00Z')), 'Asked ApprovalRequired'],
    ['still pending', { state: 'Pending', expiresAt: '2026-01-01T01:00:00Z' }, 'Asked ApprovalRequired'],
    ['approved', { state: 'Approved', expiresAt: '2026-01-01T01:00:00Z' }, 'Allowed Approved'],
    ['approved, but not used in time', { state: 'Approved', expiresAt: '2026-01-01T00:00:00Z' }, 'Denied Expired'],
  ])("what this replica has not seen yet was %s under another one's eyes", async (_, status, expected) => {
    const world = new World();
    const stored = world.putNamed((request) => ({ ...request, status }));
    if (status.state === 'Approved') world.castVotes(stored);
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe(expected);
  });

  test('[R30] an unseen request under other terms is not joined', async () => {
    const world = new World();
    world.putNamed((request) => ({
      ...request,
      spec: {
        ...request.spec,
        policies: (request.spec.policies ?? []).map((policy) => ({
          ...policy,
          terms: { ...policy.terms, timeoutSeconds: policy.terms.timeoutSeconds + 1 },
        })),
      },
    }));
    world.seen = [];
    expect(codeOf(await world.enforce())).toBe('Denied Conflict');
  });

  test('[R40] a virtual create that another replica saw approved is still used once', async () => {
    const world = new World();
    const eviction = createAttributes(
      { kind: 'Eviction', metadata: { name: 'web-0', namespace: 'prod' } },
      { group: '', resource: 'pods', subresource: 'eviction', name: 'web-0' },
    );
    const gated = world.gated(eviction);
    const request = requestFor(gated);
    world.approveRequest({
      ...request,
      metadata: { ...request.metadata, name: requestName(gated.action, gated.fingerprint, undefined) },
    });
    world.seen = [];
    const outcomes = await Promise.all([world.enforce(eviction), world.enforce(eviction)]);
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
  });
});
