import { array, assert, nat, oneof, property, string, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdTable, newWords, readWords } from './id-table.ts';

const eventId = (number: number, at = 0): string =>
  `event/${number
    .toString(16)
    .padStart(8, '0')
    .padStart(8 + 8 * at, '0')
    .padEnd(32, '0')}`;

function wordsOf(id: string): Int32Array {
  const words = newWords();
  readWords(id, words);
  return words;
}

describe('a table of ids', () => {
  test('knows what is in it and nothing else, however it grows, and forgets all at once', () => {
    // Ids of events that differ in one of their four words alone, and other ids.
    const ids = oneof(
      nat({ max: 5_000 }).chain((number) => nat({ max: 3 }).map((at) => eventId(number, at))),
      string({ minLength: 1, maxLength: 60 }),
    );
    assert(
      property(
        uniqueArray(ids, { maxLength: 300 }),
        array(ids, { maxLength: 100 }),
        nat(3),
        (kept, others, capacity) => {
          const table = new IdTable(capacity);
          expect(kept.map((id) => table.add(wordsOf(id)))).toEqual(kept.map((_, number) => number));
          for (const id of [...kept, ...others]) expect(table.find(wordsOf(id))).toBe(kept.indexOf(id));
          expect(table.size).toBe(kept.length);
          table.clear();
          for (const id of kept) expect(table.find(wordsOf(id))).toBe(-1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('ids that begin with the same bits are told apart', () => {
    const table = new IdTable(8);
    const ids = Array.from({ length: 500 }, (_, number) => eventId(number, 3));
    for (const id of ids) table.add(wordsOf(id));
    expect(ids.map((id) => table.find(wordsOf(id)))).toEqual(ids.map((_, number) => number));
  });

  test('an id that only looks like that of an event is not taken for it', () => {
    const id = eventId(0xabcdef);
    const others = [id.toUpperCase(), id.replace('event', 'Event'), id.replace('abcdef', 'ABCDEF')];
    for (const other of others) expect(wordsOf(other)).not.toEqual(wordsOf(id));
    expect(wordsOf('event/')).not.toEqual(wordsOf('event'));
  });
});
