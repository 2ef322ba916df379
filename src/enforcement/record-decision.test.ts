import { describe, expect, test } from 'vitest';
import { updateAttributes } from '../../test/builders/attributes.ts';
import { SECRET, World, codeOf, exec, messageOf } from '../../test/builders/enforcement-world.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { parseDenial } from '../core/decision/denial.ts';
import type { Keeping } from '../ports/recorder.ts';
import { KEEP_MS, LEAST_KEEP_MS } from './record-decision.ts';

const usesOf = (world: World) => world.statuses().flatMap((status) => status?.uses ?? []);
const verdicts = (records: readonly { readonly verdict: string; readonly code: string }[]) =>
  records.map(({ verdict, code }) => `${verdict} ${code}`);

/** Lets whatever needs no further I/O run. */
const settle = () => new Promise((resolve) => void setImmediate(resolve));

describe('with the recorder taken away', () => {
  const never = () => new Promise<Keeping>(() => undefined);
  const lost = (): Promise<Keeping> => Promise.resolve('Lost');
  const rejects = () => Promise.reject(new Error(SECRET));
  const throws = () => {
    throw new Error(SECRET);
  };

  test.each<[string, Attributes]>([
    ['an exec', exec()],
    ['a write', updateAttributes()],
  ])(
    '%s that is approved is refused before its approval is used, and goes through afterwards',
    async (_, attributes) => {
      const world = new World();
      world.approve(attributes.operation === 'CONNECT' ? undefined : attributes);
      world.recorder.room = false;
      const refused = await world.enforce(attributes);
      expect(codeOf(refused)).toBe('Denied Unrecorded');
      expect(parseDenial(messageOf(refused))).toMatchObject({ code: 'Unrecorded', retry: true });
      expect(messageOf(refused)).toContain('the approval was not used');
      expect(usesOf(world)).toEqual([]);
      world.recorder.room = true;
      expect(codeOf(await world.enforce(attributes))).toBe('Allowed Approved');
    },
  );

  test.each<[string, () => Promise<Keeping>, number]>([
    ['that says so', lost, 0],
    ['that rejects, which it must not', rejects, 0],
    ['that throws, which it must not', throws, 0],
    ['that does not come back', never, KEEP_MS],
  ])('nothing gated is let through by one %s: the use is spent, and said to be', async (_, keep, waitedMs) => {
    const world = new World();
    world.approve();
    world.recorder.keep = keep;
    const startedAt = world.clock.now();
    const outcome = world.enforce();
    await settle();
    await world.clock.advance(waitedMs);
    expect(codeOf(await outcome)).toBe('Denied Unrecorded');
    expect(world.clock.now() - startedAt).toBe(waitedMs);
    expect(messageOf(await outcome)).toMatch(
      /the approval was used; ask again\. NOT executed \[sallyport code=Unrecorded /,
    );
    expect(messageOf(await outcome)).not.toContain(SECRET);
    expect(usesOf(world)).toHaveLength(1);
    // What may come to a ledger all the same, and after it what was answered.
    expect(verdicts(world.recorder.recorded)).toEqual(['Allowed Approved', 'Denied Unrecorded']);
    expect(verdicts(world.answered)).toEqual(['Denied Unrecorded']);
  });

  test('a write that was refused so is answered when the server reviews it again, once it can be recorded', async () => {
    const world = new World();
    world.approve(updateAttributes());
    world.recorder.keep = lost;
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Denied Unrecorded');
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Denied Unrecorded');
    world.recorder.keep = () => Promise.resolve('Kept');
    expect(codeOf(await world.enforce(updateAttributes()))).toBe('Allowed Reviewed');
    expect(usesOf(world)).toHaveLength(1);
  });

  test.each<[string, (world: World) => void, string]>([
    ['asked', () => undefined, 'Asked ApprovalRequired'],
    ['not gated', (world) => void (world.policies = []), 'Allowed NoPolicyMatches'],
    ['refused by RBAC', (world) => void (world.mayExec = false), 'Denied AccessDenied'],
    ['undecidable', (world) => void (world.snapshotFailure = new Error(SECRET)), 'Denied Unavailable'],
  ])('what is %s is answered as always, at once', async (_, prepare, code) => {
    for (const keep of [never, lost, rejects, throws]) {
      const world = new World();
      prepare(world);
      world.recorder.room = false;
      world.recorder.keep = keep;
      expect(codeOf(await world.enforce())).toBe(code);
      expect(verdicts(world.recorder.recorded)).toEqual([code]);
      expect(verdicts(world.answered)).toEqual([code]);
    }
  });

  test('a dry run of what is approved needs no room', async () => {
    const world = new World();
    world.approve(updateAttributes());
    world.recorder.room = false;
    expect(codeOf(await world.enforce(updateAttributes(undefined, undefined, { dryRun: true })))).toBe(
      'Allowed DryRun',
    );
  });
});

describe('a gated allow', () => {
  test('is answered only once its record is durable', async () => {
    const world = new World();
    world.approve();
    const { promise, resolve } = Promise.withResolvers<Keeping>();
    world.recorder.keep = () => promise;
    let answered = false;
    const outcome = world.enforce().finally(() => (answered = true));
    await world.clock.advance(KEEP_MS - 1);
    expect(answered).toBe(false);
    expect(world.answered).toEqual([]);
    resolve('Kept');
    expect(codeOf(await outcome)).toBe('Allowed Approved');
    expect(verdicts(world.answered)).toEqual(['Allowed Approved']);
  });

  test('[R43] waits for that no longer than its deadline, but for the half second of what is used at the last moment', async () => {
    const world = new World();
    world.approve();
    world.recorder.keep = () => new Promise(() => undefined);
    const { clock } = world;
    const outcome = world.enforce(exec(), { deadline: clock.now() + 100 });
    await settle();
    const startedAt = clock.now();
    await clock.advance(LEAST_KEEP_MS);
    expect(codeOf(await outcome)).toBe('Denied Unrecorded');
    expect(clock.now() - startedAt).toBe(LEAST_KEEP_MS);
  });
});
