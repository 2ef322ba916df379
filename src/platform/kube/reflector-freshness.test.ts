import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SimulatedCollection } from '../../../test/harness/simulated-collection.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { KubeObject } from './kube-object.ts';
import type { ListWatch } from './list-watch.ts';
import { createReflector, type Reflector } from './reflector.ts';

let clock: FakeClock;
let server: SimulatedCollection;
/** When something was asked for that proves what etcd held then. */
let asked: number[];
let reflector: Reflector<KubeObject>;
let end: AbortController;
let running: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  server = new SimulatedCollection(clock);
  asked = [];
  const noted: ListWatch<KubeObject> = {
    list: (...args) => {
      asked.push(clock.now());
      return server.list(...args);
    },
    probe: (signal) => {
      asked.push(clock.now());
      return server.probe(signal);
    },
    watch: (...args) => server.watch(...args),
  };
  reflector = createReflector({ listWatch: noted, name: 'simulated', clock, random: () => 0.5, log: silentLogger });
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  await running;
});

const run = (): void => {
  running = reflector.run(end.signal);
};

describe('[R1] freshness', () => {
  test('of a list that was long on its way is of the moment when it was asked for', async () => {
    server.slowMs = 5_000;
    const start = clock.now();
    run();
    await clock.advance(5_000);
    expect([reflector.synced(), reflector.freshAt()]).toEqual([true, start]);
  });

  test.each([0, 300, 1_500, 2_900])('never lies at another moment, with answers of %i ms', async (slowMs) => {
    server.slowMs = slowMs;
    run();
    const seen = new Set<number>();
    for (let step = 0; step < 600; step += 1) {
      await clock.advance(100);
      seen.add(reflector.freshAt());
    }
    const dated = [...seen].filter((at) => at > 0);
    expect(dated.filter((at) => !asked.includes(at))).toEqual([]);
    // And it does move on.
    expect(dated.length).toBeGreaterThan(5);
  });
});

test.each(['}{', 'null', '{"type":"MODIFIED"}', '{"type":"NEWS","object":{"metadata":{"resourceVersion":"1"}}}'])(
  'what came as %s is not passed over: later events do not hide that it is missing',
  async (line) => {
    run();
    await clock.advance(500);
    server.dropNext = 1;
    server.put('a');
    server.raw(line);
    server.put('b');
    await clock.advance(4_000);
    expect(
      reflector
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['a', 'b']);
  },
);
