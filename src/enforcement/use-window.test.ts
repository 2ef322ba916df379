import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { updateAttributes } from '../../test/builders/attributes.ts';
import { World, codeOf } from '../../test/builders/enforcement-world.ts';
import type { ApprovalPolicy } from '../core/api/kinds.ts';
import { ConflictError } from '../ports/approvals.ts';

const window = (maxUses: number, name?: string): ApprovalPolicy =>
  approvalPolicy({ grant: { type: 'Window', window: '30m', maxUses } }, name);

function windowWorld(maxUses: number): World {
  const world = new World();
  world.policies = [window(maxUses)];
  return world;
}

describe('[R2] [R40] using a window', () => {
  test('of 50 parallel execs all are allowed and each is kept, where there are uses enough', async () => {
    const world = windowWorld(64);
    world.seen = [world.approve()];
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Allowed Approved']));
    const [status] = world.statuses();
    expect(status?.state).toBe('Approved');
    expect(new Set(status?.uses?.map(({ id }) => id)).size).toBe(50);
  });

  test('of 50 parallel execs no more are allowed than there are uses', async () => {
    const world = windowWorld(10);
    world.seen = [world.approve()];
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.enforce()));
    expect(outcomes.filter(({ kind }) => kind === 'Allowed')).toHaveLength(10);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['Allowed Approved', 'Denied AlreadyUsed']));
    expect(world.statuses()).toMatchObject([{ state: 'Consumed', uses: { length: 10 } }]);
  });

  test('[R41] a second use is not refused for the first being a moment old; one after the last is, and then asks anew', async () => {
    const world = windowWorld(2);
    world.approve();
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(codeOf(await world.enforce())).toBe('Denied AlreadyUsed');
    await world.clock.advance(5000);
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
  });

  test('a write that the server reviews again is no further use of it', async () => {
    const world = windowWorld(5);
    world.approve(updateAttributes());
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Approved');
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Reviewed');
    await world.clock.advance(5000);
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Approved');
    expect(world.statuses()).toMatchObject([{ state: 'Approved', uses: [{ repeats: 1 }, {}] }]);
  });

  test('after its end it is refused, whether the controller has said so or not', async () => {
    const world = windowWorld(5);
    world.approve();
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    await world.clock.advance(1_800_000);
    expect(codeOf(await world.enforce())).not.toContain('Allowed');
    expect(world.statuses()[0]?.uses).toHaveLength(1);
  });

  test('[R30] a single use that another policy has come to ask for makes it no window', async () => {
    const world = windowWorld(5);
    world.approve();
    world.policies = [window(5), approvalPolicy({}, 'stricter')];
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
  });

  test('conflicts without end are a denial', async () => {
    const world = windowWorld(2);
    world.approve();
    for (let call = 1; call <= 300; call += 1) {
      world.approvals.faults.push({ method: 'writeStatus', call, when: 'before', error: new ConflictError('x') });
    }
    expect(codeOf(await world.enforce())).toBe('Denied Conflict');
  });
});
