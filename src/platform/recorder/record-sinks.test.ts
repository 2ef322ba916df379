import { expect, test } from 'vitest';
import type { Ledger } from '../../ports/ledger.ts';
import { ledgerSink } from './ledger-sink.ts';
import type { Spool } from './open-spool.ts';
import { spoolSink } from './spool-sink.ts';

test('a spool has room for so many of the longest records, and keeps some of it for what must be kept', () => {
  let bytes = 0;
  const sink = spoolSink(() => ({ free: () => bytes }) as Spool, 100_000);
  const room = (free: number) => {
    bytes = free;
    return [sink.hasRoom(1), sink.hasRoom(2), sink.hasRoomToSpare()];
  };
  expect(room(65_535)).toEqual([false, false, false]);
  expect(room(65_536)).toEqual([true, false, false]);
  expect(room(100_001)).toEqual([true, false, true]);
  expect(room(131_072)).toEqual([true, true, true]);
});

test('a ledger has room where the last append of anybody succeeded', () => {
  let writable = true;
  const sink = ledgerSink(
    () => ({}) as Ledger,
    () => writable,
  );
  expect([sink.hasRoom(1_000), sink.hasRoomToSpare()]).toEqual([true, true]);
  writable = false;
  expect([sink.hasRoom(1), sink.hasRoomToSpare()]).toEqual([false, true]);
});

test('what is not open yet has none', () => {
  for (const sink of [
    spoolSink(() => undefined, 0),
    ledgerSink(
      () => undefined,
      () => true,
    ),
  ])
    expect([sink.hasRoom(1), sink.hasRoomToSpare()]).toEqual([false, false]);
});
