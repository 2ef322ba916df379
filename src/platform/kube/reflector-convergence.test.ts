import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedCollection } from '../../../test/harness/simulated-collection.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { KubeObject } from './kube-object.ts';
import { createReflector, type Reflector } from './reflector.ts';

/** One step of a schedule. Names are few, so that they are created, deleted and created again. */
type Step =
  | { readonly do: 'put' | 'remove' | 'swap'; readonly name: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'repeat'; readonly count: number }
  | { readonly do: 'elsewhere' | 'end' | 'reset' | 'compact' | 'garbage' | 'cut-off' | 'blackHole' | 'down' | 'up' };

const name = fc.constantFrom('a', 'b', 'c');
const faithful = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('put' as const, 'remove' as const), name }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 6_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('elsewhere', 'end', 'reset', 'compact', 'garbage', 'cut-off', 'blackHole', 'down', 'up'),
    }),
  },
) as fc.Arbitrary<Step>;
const disordered = fc.oneof(
  { weight: 4, arbitrary: faithful },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('swap' as const), name }) },
) as fc.Arbitrary<Step>;

interface World {
  readonly clock: FakeClock;
  readonly server: SimulatedCollection;
  readonly reflector: Reflector<KubeObject>;
  /** What a listener knows that has heard every change. */
  readonly heard: Map<string, string>;
  /** The server's state after each step, with the time from which it held. */
  readonly history: { readonly from: number; readonly version: number; readonly state: Map<string, string> }[];
  stop(): Promise<void>;
}

async function createWorld(seed: number): Promise<World> {
  const clock = new FakeClock();
  const server = new SimulatedCollection(clock);
  let random = seed;
  const reflector = createReflector({
    listWatch: server,
    name: 'simulated',
    clock,
    random: () => (random = (random * 16_807 + 11) % 2_147_483_647) / 2_147_483_647,
    log: silentLogger,
  });
  const heard = new Map<string, string>();
  reflector.onChange((key, object) => {
    if (object === undefined) heard.delete(key);
    else heard.set(key, object.metadata.resourceVersion ?? '');
  });
  const end = new AbortController();
  const run = reflector.run(end.signal);
  const stop = async (): Promise<void> => {
    end.abort();
    await run;
  };
  await clock.advance(0);
  return { clock, server, reflector, heard, history: [], stop };
}

async function perform({ server, clock, history }: World, step: Step): Promise<void> {
  switch (step.do) {
    case 'put':
      server.put(step.name);
      break;
    case 'remove':
      server.remove(step.name);
      break;
    case 'swap':
      server.swapped(
        () => server.put(step.name),
        () => server.remove(step.name === 'a' ? 'b' : 'a'),
      );
      break;
    case 'wait':
      await clock.advance(step.ms);
      break;
    case 'repeat':
      server.repeat(step.count);
      break;
    case 'compact':
      server.store.compact();
      break;
    case 'garbage':
      server.raw('}{');
      break;
    case 'cut-off':
      server.raw('{"type":"MODIFIED","object":{"metadata":{"na');
      break;
    case 'down':
      server.down = true;
      server.reset();
      break;
    case 'up':
      server.down = false;
      break;
    case 'elsewhere':
    case 'end':
    case 'reset':
    case 'blackHole':
      server[step.do]();
      break;
  }
  history.push({ from: clock.now(), version: server.store.version, state: server.state() });
  await clock.advance(0);
}

const known = (reflector: Reflector<KubeObject>): Map<string, string> =>
  new Map(reflector.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']));

const sorted = (state: Map<string, string>): [string, string][] => [...state].sort(([a], [b]) => a.localeCompare(b));

/** `freshAt` is a promise: nothing that had happened strictly before that moment is missing. */
function expectPromiseKept({ reflector, history }: World): void {
  const held = history.filter(({ from }) => from < reflector.freshAt()).at(-1);
  if (held === undefined) return;
  const now = known(reflector);
  const states = [held, ...history.filter(({ version }) => version > held.version)].map(({ state }) => sorted(state));
  expect(states).toContainEqual(sorted(now));
}

describe('a reflector against random schedules', () => {
  it('converges to the server’s state whatever happens, duplicates and disorder included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(disordered, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
        const world = await createWorld(seed);
        for (const step of steps) await perform(world, step);
        await perform(world, { do: 'up' });
        await world.clock.advance(20_000);
        await world.stop();
        expect(sorted(known(world.reflector))).toEqual(sorted(world.server.state()));
        expect(sorted(world.heard)).toEqual(sorted(world.server.state()));
        expect(world.clock.now() - world.reflector.freshAt()).toBeLessThanOrEqual(10_000);
      }),
      { numRuns: 300 },
    );
  });

  it('never claims to be fresher than it is', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.array(faithful, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
        const world = await createWorld(seed);
        for (const step of steps) {
          await perform(world, step);
          expectPromiseKept(world);
        }
        await world.stop();
        expect(world.reflector.freshAt()).toBeLessThanOrEqual(world.clock.now());
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['nothing happens anywhere', false],
    ['everybody else writes', true],
  ])('is never older than 10 s on a quiet collection while %s, with one list', async (_, busy) => {
    const world = await createWorld(1);
    for (let tenth = 0; tenth < 600; tenth += 1) {
      if (busy) world.server.elsewhere();
      await world.clock.advance(100);
      expect(world.clock.now() - world.reflector.freshAt()).toBeLessThan(8_000);
    }
    expect(world.server.lists).toBe(1);
    await world.stop();
  });

  it('grows stale behind a black hole, and says so', async () => {
    const world = await createWorld(1);
    await world.clock.advance(5_000);
    world.server.blackHole();
    world.server.down = true;
    const lost = world.clock.now();
    await world.clock.advance(60_000);
    expect(world.reflector.freshAt()).toBeLessThanOrEqual(lost);
    world.server.down = false;
    world.server.put('new');
    await world.clock.advance(5_000);
    expect(world.reflector.get('new')).toBeDefined();
    await world.stop();
  });

  it('lists when a server’s bookmarks never prove anything', async () => {
    const world = await createWorld(1);
    world.server.probe = async () => '999999';
    await world.clock.advance(60_000);
    expect(world.clock.now() - world.reflector.freshAt()).toBeLessThanOrEqual(9_000);
    expect(world.server.lists).toBeLessThan(10);
    await world.stop();
  });

  it('lists when etcd has gone back to an older state', async () => {
    const world = await createWorld(1);
    world.server.put('lost');
    await world.clock.advance(5_000);
    world.server.blackHole();
    world.server.store.rewind(40);
    world.server.remove('lost');
    world.server.store.rewind(50);
    await world.clock.advance(10_000);
    expect(world.reflector.list()).toEqual([]);
    await world.stop();
  });
});
