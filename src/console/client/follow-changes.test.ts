import { describe, expect, test } from 'vitest';
import { followChanges, type Stream } from './follow-changes.ts';

/** A server whose streams open and break when the test says so, and a clock that the test moves. */
function world(signedIn = true) {
  const told: unknown[] = [];
  const waits: { ms: number; callback: () => void; off: boolean }[] = [];
  const streams: { emit: (type: string, event?: unknown) => void; closed: boolean }[] = [];
  const stop = followChanges({
    open: (): Stream => {
      const listeners = new Map<string, (event: never) => void>();
      const stream = {
        closed: false,
        emit: (type: string, event?: unknown) => listeners.get(type)?.(event as never),
        addEventListener: (type: string, listener: (event: never) => void) => void listeners.set(type, listener),
        close: () => {
          stream.closed = true;
        },
      };
      streams.push(stream);
      return stream;
    },
    onChange: (change) => told.push(change),
    onConnection: (connection) => told.push(connection),
    onStale: (since) => told.push(`stale since ${since ?? 'never'}`),
    signedIn: async () => signedIn,
    after: (ms, callback) => {
      const wait = { ms, callback, off: false };
      waits.push(wait);
      return () => {
        wait.off = true;
      };
    },
    random: () => 1,
  });
  const settle = async (): Promise<void> => {
    waits.at(-1)?.callback();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { told, waits, streams, stop, settle };
}

describe('the stream of changes', () => {
  test('is live once it is open, and passes changes on', () => {
    const { told, streams } = world();
    streams[0]?.emit('open');
    streams[0]?.emit('change', { data: '{"namespace":"prod","name":"a","more":1}' });
    expect(told).toEqual(['Connecting', 'Live', 'All', { namespace: 'prod', name: 'a' }]);
  });

  test.each(['', 'null', '{"namespace":1}', '<html>'])('what cannot be read (%s) may be about anything', (data) => {
    const { told, streams } = world();
    streams[0]?.emit('change', { data });
    expect(told.at(-1)).toBe('All');
  });

  test('that broke is opened again after a wait, and then everything may have changed', async () => {
    const { told, streams, waits, settle } = world();
    streams[0]?.emit('open');
    streams[0]?.emit('error');
    expect(streams[0]?.closed).toBe(true);
    await settle();
    streams[1]?.emit('open');
    expect(told).toEqual(['Connecting', 'Live', 'All', 'Reconnecting', 'Live', 'All']);
    expect(waits.map(({ ms }) => ms)).toEqual([1_000]);
  });

  test('waits longer with every failure, and begins anew after a success', async () => {
    const { streams, waits, settle } = world();
    for (const index of [0, 1, 2, 3, 4, 5, 6]) {
      streams[index]?.emit('error');
      await settle();
    }
    streams[7]?.emit('open');
    streams[7]?.emit('error');
    expect(waits.map(({ ms }) => ms / 1_000)).toEqual([1, 2, 4, 8, 16, 30, 30, 1]);
  });

  test('is not opened again for somebody whose session has ended', async () => {
    const { streams, settle } = world(false);
    streams[0]?.emit('error');
    await settle();
    expect(streams).toHaveLength(1);
  });

  test('says nothing more after it was stopped, and waits for nothing', async () => {
    const { told, streams, waits, stop, settle } = world();
    streams[0]?.emit('error');
    stop();
    expect(waits[0]?.off).toBe(true);
    await settle();
    expect(streams).toHaveLength(1);
    expect(told).toEqual(['Connecting', 'Reconnecting']);
  });
});

test('a server that is cut off itself is not live, and all is looked up anew once it is back', () => {
  const { told, streams } = world();
  streams[0]?.emit('open');
  streams[0]?.emit('standing', { data: '{}' });
  streams[0]?.emit('standing', { data: '{"staleSince":"2026-11-21T14:00:00Z"}' });
  streams[0]?.emit('standing', { data: '{}' });
  expect(told.slice(3)).toEqual([
    'stale since 2026-11-21T14:00:00Z',
    'OutOfDate',
    'All',
    'stale since never',
    'Live',
    'All',
  ]);
});
