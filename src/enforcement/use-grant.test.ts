import { describe, expect, test } from 'vitest';
import { approvedStatus, endedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { deployment, updateAttributes } from '../../test/builders/attributes.ts';
import { livePodWith } from '../../test/builders/live-pod.ts';
import type { ApprovalRequest, PolicySpec } from '../core/api/kinds.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import { ConflictError } from '../ports/approvals.ts';
import { SECRET, World, codeOf } from '../../test/builders/enforcement-world.ts';

describe('[R2] [R40] using', () => {
  test('of 50 parallel execs on one approved request one is allowed', async () => {
    const world = new World();
    world.approve();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
    expect(world.statuses()).toMatchObject([{ state: 'Consumed', uses: [{}] }]);
    expect(world.recorder.recorded).toHaveLength(50);
  });

  test('of 50 replicas that still remember it as approved, too', async () => {
    const world = new World();
    world.seen = [world.approve()];
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(outcomes.filter((outcome) => outcome.kind === 'Allowed')).toHaveLength(1);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Allowed Approved', 'Denied AlreadyUsed']));
  });

  test('a write that the server reviews again is one use: once Approved, then Reviewed', async () => {
    const world = new World();
    world.seen = [world.approve(updateAttributes())];
    const outcomes = await Promise.all([world.enforce(updateAttributes()), world.enforce(updateAttributes())]);
    expect(outcomes.map(codeOf).toSorted()).toEqual(['Allowed Approved', 'Allowed Reviewed']);
    world.seen = undefined;
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Reviewed');
    expect(world.statuses()).toMatchObject([{ uses: [{ repeats: 2 }] }]);
    await world.clock.advance(5000);
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Asked ApprovalRequired');
  });

  test('what several stages of several policies approved in one second is used', async () => {
    const stages = ['first', 'second', 'third'].map((name) => ({
      name,
      required: 2,
      approvers: [{ kind: 'Group' as const, name }],
    }));
    // The uid is part of the names of the votes, and so of their order.
    for (const uid of Array.from({ length: 6 }, (_, index) => `uid-${index}`)) {
      const world = new World();
      world.policies = ['a', 'b'].map((name) => approvalPolicy({ approval: { stages } }, name));
      const request = world.approveRequest(requestFor(world.gated(), undefined, uid));
      expect(request.status).toMatchObject({ state: 'Approved', votes: { length: 6 } });
      expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    }
  });

  test('what nobody voted for is not used, whatever its status says', async () => {
    const world = new World();
    const gated = world.gated();
    world.approvals.put(requestFor(gated, approvedStatus(gated, world.clock.now() + 600_000)));
    expect(codeOf(await world.enforce())).toBe('Denied NotConfirmed');
  });

  test('with another credential it is not the same write', async () => {
    const world = new World();
    world.approve(updateAttributes());
    await world.enforce(updateAttributes());
    const { user } = updateAttributes();
    const other = updateAttributes(undefined, undefined, { user: { ...user, extra: {} } });
    expect(codeOf(await world.enforce(other))).toBe('Denied AlreadyUsed');
  });

  describe('where the policy ignores a path,', () => {
    const ignoring = (grant: PolicySpec['grant'] = {}): World => {
      const world = new World();
      world.policies = [approvalPolicy({ grant: { ...grant, ignorePaths: ['/spec/replicas'] } })];
      return world;
    };
    /** From one value to another at the path, with whatever else stands in the object. */
    const scaled = (from: number, to: number, more: JsonObject = {}) =>
      updateAttributes(
        deployment({ spec: { replicas: to, image: 'new', ...more } }),
        deployment({ spec: { replicas: from, image: 'old', ...more } }),
      );

    test('once is once: another value there is another write, however soon', async () => {
      const world = ignoring();
      world.approve(scaled(1, 2));
      expect(codeOf(await world.enforce(scaled(1, 2)))).toBe('Allowed Approved');
      expect(codeOf(await world.enforce(scaled(1, 3)))).toBe('Denied AlreadyUsed');
      expect(codeOf(await world.enforce(scaled(1, 2)))).toBe('Allowed Reviewed');
      expect(world.statuses()).toMatchObject([{ state: 'Consumed', uses: [{ repeats: 1 }] }]);
    });

    test('it is the same write over what another wrote there meanwhile', async () => {
      const world = ignoring();
      world.approve(scaled(1, 2));
      await world.enforce(scaled(1, 2));
      expect(codeOf(await world.enforce(scaled(5, 2, { paused: true })))).toBe('Allowed Reviewed');
    });

    test('a window counts each value as a use', async () => {
      const world = ignoring({ type: 'Window', window: '30m', maxUses: 3 });
      world.approve(scaled(1, 2));
      const outcomes: string[] = [];
      for (const to of [2, 3, 3, 4, 5]) outcomes.push(codeOf(await world.enforce(scaled(1, to))));
      expect(outcomes).toEqual([
        'Allowed Approved',
        'Allowed Approved',
        'Allowed Reviewed',
        'Allowed Approved',
        'Denied AlreadyUsed',
      ]);
    });
  });

  test('a status that somebody else wrote first is read again', async () => {
    const world = new World();
    const request = world.approve();
    world.seen = [request];
    world.approvals.put({ ...request, status: { ...request.status, approvals: '1/1' } });
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(world.statuses()).toMatchObject([{ state: 'Consumed', approvals: '1/1' }]);
  });

  test.each<[string, (request: ApprovalRequest) => ApprovalRequest, string]>([
    ['revoked', (request) => ({ ...request, status: endedStatus('Revoked', 0) }), 'Denied Conflict'],
    [
      'made anew under its name',
      (request) => ({ ...request, metadata: { ...request.metadata, uid: 'new' } }),
      'Denied Conflict',
    ],
    [
      'changed to another digest',
      (request) => ({ ...request, spec: { ...request.spec, digest: 'x' } }),
      'Denied Conflict',
    ],
    [
      'changed to other terms',
      (request) => ({ ...request, spec: { ...request.spec, policies: [] } }),
      'Denied Conflict',
    ],
  ])('an approved request that was %s meanwhile is not used', async (_, change, expected) => {
    const world = new World();
    const request = world.approve();
    world.seen = [request];
    world.approvals.put(change(request));
    expect(codeOf(await world.enforce())).toBe(expected);
    expect(JSON.stringify(world.statuses())).not.toContain('Consumed');
  });

  test('goes on while others write whom they told of the approval', async () => {
    const world = new World();
    world.approve();
    for (let call = 1; call <= 40; call += 1) {
      world.approvals.faults.push({ method: 'writeStatus', call, when: 'before', error: new ConflictError('x') });
    }
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
  });

  test('conflicts without end are a denial', async () => {
    const world = new World();
    world.approve();
    for (let call = 1; call <= 300; call += 1) {
      world.approvals.faults.push({ method: 'writeStatus', call, when: 'before', error: new ConflictError('x') });
    }
    expect(codeOf(await world.enforce())).toBe('Denied Conflict');
  });

  test('an answer lost after the write is a denial, and the use stays', async () => {
    const world = new World();
    world.approve();
    world.approvals.faults.push({ method: 'writeStatus', call: 1, when: 'after', error: new Error(SECRET) });
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
    expect(codeOf(await world.enforce())).toBe('Denied AlreadyUsed');
  });

  test.each<[string, ReturnType<typeof livePodWith> | undefined, string]>([
    ['terminating', livePodWith({ terminating: true }), 'Denied TargetNotRunning'],
    ['without the container running', livePodWith({ running: ['sidecar'] }), 'Denied TargetNotRunning'],
    ['gone', undefined, 'Denied NoTarget'],
    ['another of that name', livePodWith({ uid: 'new' }), 'Asked ApprovalRequired'],
  ])('[R41] an approval is not spent on a pod that is %s', async (_, pod, expected) => {
    const world = new World();
    world.approve();
    world.pods.pods.delete('prod/web-0');
    if (pod !== undefined) world.pods.pods.set('prod/web-0', pod);
    expect(codeOf(await world.enforce())).toBe(expected);
    expect(world.approvals.calls.writeStatus).toBe(0);
  });
});
