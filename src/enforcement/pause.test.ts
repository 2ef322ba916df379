import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { deleteAttributes } from '../../test/builders/attributes.ts';
import { livePodWith } from '../../test/builders/live-pod.ts';
import { codeOf, exec, messageOf, World } from '../../test/builders/enforcement-world.ts';
import type { PolicySpec } from '../core/api/kinds.ts';
import type { LivePod } from '../core/attributes/live-pod.ts';

function worldThatWaits(wait: PolicySpec['wait']): World {
  const world = new World();
  const policy = approvalPolicy();
  world.policies = [{ ...policy, spec: { ...policy.spec, ...(wait === undefined ? {} : { wait }) } }];
  return world;
}

/** Approves the one request that there is, and tells the watch. */
function approve(world: World, meanwhile: () => void = () => undefined): void {
  const [request] = world.approvals.all();
  if (request === undefined) throw new Error('nothing was asked for');
  meanwhile();
  world.watched.put(world.approveRequest(request));
}

async function opened(world: World): Promise<void> {
  while (world.approvals.all().length === 0) await world.clock.advance(0);
  // Until it is held, too.
  for (let turn = 0; turn < 5; turn += 1) await world.clock.advance(0);
}

describe('a held exec', () => {
  test('goes through the moment it is approved', async () => {
    const world = worldThatWaits({ connect: '55s' });
    const outcome = world.enforce();
    await opened(world);
    await world.clock.advance(5_000);
    approve(world);
    expect(codeOf(await outcome)).toBe('Allowed Approved');
    expect(world.clock.now()).toBe(new World().clock.now() + 5_000);
  });

  test.each<[string, LivePod | undefined, string]>([
    ['whose pod was deleted meanwhile uses nothing', undefined, 'Denied NoTarget'],
    ['whose pod is going uses nothing', livePodWith({ terminating: true }), 'Denied TargetNotRunning'],
    ['whose container has stopped uses nothing', livePodWith({ running: [] }), 'Denied TargetNotRunning'],
    ['whose pod was made anew asks anew', livePodWith({ uid: 'another' }), 'Asked ApprovalRequired'],
  ])('[R41] %s', async (_, now, expected) => {
    const world = worldThatWaits({ connect: '55s' });
    const outcome = world.enforce();
    await opened(world);
    approve(world, () => {
      if (now === undefined) world.pods.pods.delete('prod/web-0');
      else world.pods.pods.set('prod/web-0', now);
    });
    expect(codeOf(await outcome)).toBe(expected);
    expect(world.statuses().map((status) => status?.uses)).not.toContainEqual([expect.anything()]);
    expect(world.statuses()[0]?.state).toBe('Approved');
  });

  test('is refused when its share of the time is over, and asks nobody twice', async () => {
    const world = worldThatWaits({ connect: '10s' });
    const outcome = world.enforce();
    await opened(world);
    await world.clock.advance(5_000);
    expect(codeOf(await outcome)).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('[R43] is let go before the deadline, however long the policy waits', async () => {
    const world = worldThatWaits({ connect: '55s' });
    const outcome = world.enforce(exec(), { deadline: world.clock.now() + 7_000 });
    await opened(world);
    await world.clock.advance(6_999);
    expect(codeOf(await outcome)).toBe('Asked ApprovalRequired');
  });

  test('[R43] uses nothing when its caller has gone', async () => {
    const world = worldThatWaits({ connect: '55s' });
    const caller = new AbortController();
    const outcome = world.enforce(exec(), { signal: caller.signal });
    await opened(world);
    caller.abort();
    expect((await outcome).kind).toBe('Denied');
    expect(world.statuses()).toEqual([undefined]);
  });

  test('[R14] is refused at once where the requester holds as many as may be, and makes room when it ends', async () => {
    const world = worldThatWaits({ connect: '10s' });
    const first = world.enforce();
    await opened(world);
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
    await world.clock.advance(5_000);
    await first;
    const again = world.enforce();
    await opened(world);
    let done = false;
    void again.then(() => {
      done = true;
    });
    await world.clock.advance(4_000);
    expect(done).toBe(false);
    await world.clock.advance(1_000);
    await again;
  });

  test.each<[string, PolicySpec['wait']]>([
    ['no wait is refused at once', undefined],
    ['a wait of 0s is refused at once', { connect: '0s' }],
    ['a wait for others is refused at once', { connect: '55s', subjects: [{ kind: 'User', name: 'bob' }] }],
    ['a wait of writes is refused at once', { write: '10m' }],
  ])('under a policy with %s', async (_name, wait) => {
    const world = worldThatWaits(wait);
    const outcome = await world.enforce();
    expect(codeOf(outcome)).toBe('Asked ApprovalRequired');
    expect(messageOf(outcome)).toContain('run the same command again after approval');
  });
});

describe('a write', () => {
  const rules: PolicySpec['match']['resourceRules'] = [
    { apiGroups: ['apps'], apiVersions: ['*'], operations: ['DELETE'], resources: ['deployments'] },
  ];

  function writesWait(wait: PolicySpec['wait']): World {
    const world = worldThatWaits(wait);
    world.policies = world.policies.map((policy) => ({
      ...policy,
      spec: { ...policy.spec, match: { resourceRules: rules } },
    }));
    return world;
  }

  test('is asked to come again, later each time, until the wait is over; then it is refused', async () => {
    const world = writesWait({ write: '1m' });
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      const outcome = await world.enforce(deleteAttributes());
      const wait = outcome.kind === 'Asked' ? outcome.retryAfterSeconds : -1;
      waits.push(wait);
      if (wait === undefined) break;
      await world.clock.advance(wait * 1000);
    }
    const [first, ...later] = waits;
    expect(first).toBe(1);
    expect(later.at(-1)).toBeUndefined();
    expect(waits.length).toBeLessThanOrEqual(11);
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('comes through at the next try after its approval', async () => {
    const world = writesWait({ write: '1m' });
    await world.enforce(deleteAttributes());
    const [request] = world.approvals.all();
    if (request === undefined) throw new Error('nothing was asked for');
    world.approveRequest(request);
    expect(codeOf(await world.enforce(deleteAttributes()))).toBe('Allowed Approved');
  });

  test('is not held: a controller would be parked', async () => {
    const world = writesWait({ connect: '55s' });
    expect(codeOf(await world.enforce(deleteAttributes()))).toBe('Asked ApprovalRequired');
  });
});
