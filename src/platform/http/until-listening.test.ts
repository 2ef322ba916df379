import { describe, expect, test } from 'vitest';
import type { Listener } from './listener.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { untilListening } from './until-listening.ts';

const taken = () => Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', syscall: 'listen' });

/** Fails so often; says when it was tried, in seconds from the start. */
function world(failures: number, error: () => Error = taken) {
  const clock = new FakeClock(0);
  const tries: number[] = [];
  const listener: Listener = {
    start: () => {
      tries.push(clock.now() / 1000);
      return tries.length > failures ? Promise.resolve({ host: '::1', port: 7 }) : Promise.reject(error());
    },
    ready: () => false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const stop = new AbortController();
  const whys: string[] = [];
  const run = () =>
    untilListening(
      listener,
      { what: 'the page', host: '::1', port: 7, random: () => 0, onFailure: (why) => whys.push(why) },
      { clock, log: silentLogger },
      stop.signal,
    );
  return { clock, tries, whys, stop, run };
}

describe('a listener whose address is taken', () => {
  test('is tried again, ever more seldom, at least once a minute in the end, until it listens', async () => {
    const { clock, tries, whys, run } = world(9);
    const running = run();
    await clock.advance(0);
    await clock.advance(600_000);
    expect(tries).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5, 121.5]);
    expect(new Set(whys)).toEqual(new Set(['cannot listen on ::1 port 7: EADDRINUSE']));
    expect(await running).toEqual({ host: '::1', port: 7 });
  });

  test('is given up when its process is told to stop', async () => {
    const { clock, tries, stop, run } = world(100);
    const running = run();
    await clock.advance(0);
    await clock.advance(1_000);
    stop.abort();
    expect(await running).toBeUndefined();
    expect(tries).toEqual([0, 0.5]);
  });

  test('hides no mistake of the program', async () => {
    const { run } = world(1, () => new TypeError('a listener starts once'));
    await expect(run()).rejects.toThrow('a listener starts once');
  });
});
