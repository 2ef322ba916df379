import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createWorkQueue, type ReconcileResult, type WorkQueue } from './workqueue.ts';

const DONE: ReconcileResult = { type: 'Done' };

interface Bench {
  readonly queue: WorkQueue;
  readonly clock: FakeClock;
  readonly started: string[];
  readonly stop: AbortController;
  readonly run: Promise<void>;
  /** Ends the oldest unfinished work of a key. */
  readonly end: (key: string, result?: ReconcileResult | Error) => Promise<void>;
}

function bench(concurrency = 2): Bench {
  const clock = new FakeClock();
  const stop = new AbortController();
  const started: string[] = [];
  const open = new Map<string, PromiseWithResolvers<ReconcileResult>>();
  const queue = createWorkQueue({
    reconcile(key) {
      if (open.has(key)) throw new Error(`two workers on ${key}`);
      started.push(key);
      const work = Promise.withResolvers<ReconcileResult>();
      open.set(key, work);
      return work.promise;
    },
    concurrency,
    clock,
    random: () => 1,
    log: silentLogger,
    name: 'test',
    backoff: { baseMs: 100, capMs: 400 },
  });
  const run = queue.run(stop.signal);
  async function end(key: string, result: ReconcileResult | Error = DONE): Promise<void> {
    const work = open.get(key);
    open.delete(key);
    if (result instanceof Error) work?.reject(result);
    else work?.resolve(result);
    await clock.advance(0);
  }
  return { queue, clock, started, stop, run, end };
}

describe('a work queue', () => {
  it('works once on a key that was added many times', async () => {
    const { queue, clock, started } = bench();
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(started).toEqual(['a']);
  });

  it('works again, once, on a key that was added while in work', async () => {
    const { queue, clock, started, end } = bench();
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(started).toEqual(['a']);
    await end('a');
    expect(started).toEqual(['a', 'a']);
    await end('a');
    expect(started).toEqual(['a', 'a']);
    expect(queue.size()).toBe(0);
  });

  it('works on no more keys at once than it may, first come first served', async () => {
    const { queue, clock, started, end } = bench(2);
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(0);
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('adds later, at the sooner of two moments', async () => {
    const { queue, clock, started } = bench();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 300);
    queue.addAfter('a', 2_000);
    await clock.advance(299);
    expect(started).toEqual([]);
    await clock.advance(1);
    expect(started).toEqual(['a']);
  });

  it('comes back when the work says so', async () => {
    const { queue, clock, started, end } = bench();
    queue.add('a');
    await clock.advance(0);
    await end('a', { type: 'Again', afterMs: 5_000 });
    await clock.advance(4_999);
    expect(started).toEqual(['a']);
    await clock.advance(1);
    expect(started).toEqual(['a', 'a']);
  });

  it('doubles the wait with each failure up to the cap, and starts anew after a success', async () => {
    const { queue, clock, started, end } = bench();
    queue.add('a');
    await clock.advance(0);
    for (const wait of [100, 200, 400, 400]) {
      await end('a', new Error('no'));
      const before = started.length;
      await clock.advance(wait - 1);
      expect(started).toHaveLength(before);
      await clock.advance(1);
      expect(started).toHaveLength(before + 1);
    }
    await end('a');
    queue.add('a');
    await clock.advance(0);
    await end('a', new Error('no'));
    const before = started.length;
    await clock.advance(100);
    expect(started).toHaveLength(before + 1);
  });

  it('forgets failures and plans', async () => {
    const { queue, clock, started, end } = bench();
    queue.add('a');
    await clock.advance(0);
    await end('a', new Error('no'));
    queue.forget('a');
    await clock.advance(10_000);
    expect(started).toEqual(['a']);
  });

  it('stops when told to: finishes what is in work, starts nothing more', async () => {
    const { queue, clock, started, stop, run, end } = bench(1);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    await clock.advance(0);
    let ended = false;
    void run.then(() => (ended = true));
    stop.abort();
    await clock.advance(100);
    expect(ended).toBe(false);
    await end('a', { type: 'Again', afterMs: 1 });
    await run;
    queue.add('d');
    await clock.advance(100);
    expect(started).toEqual(['a']);
  });

  it('keeps what was added before it runs', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      seen.push(key);
      return DONE;
    };
    const queue = createWorkQueue({
      reconcile,
      concurrency: 1,
      clock,
      random: () => 0,
      log: silentLogger,
      name: 'test',
    });
    queue.add('early');
    const stop = new AbortController();
    const run = queue.run(stop.signal);
    await clock.advance(0);
    stop.abort();
    await run;
    expect(seen).toEqual(['early']);
  });
});
