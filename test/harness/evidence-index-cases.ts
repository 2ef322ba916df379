import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, constantFrom } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EvidenceIndex, Hit } from '../../src/audit/index/evidence-index.ts';
import { type Search, searchOf } from '../../src/audit/index/search.ts';
import type { Submission } from '../../src/core/evidence/evidence-record.ts';
import type { EvidenceQuery } from '../../src/core/evidence/query.ts';
import type { StoredRecord } from '../../src/ports/ledger.ts';
import { manyRecords, plainly, queries, USERNAMES } from '../builders/many-records.ts';
import { decisionSubmission, eventSubmission, type SegmentsOnDisk, writeSegments } from '../builders/stored-records.ts';

/** One kind of index, as the cases below need it. */
export interface IndexUnderTest {
  /** Over the segments of `directory`, of one ledger. */
  open(directory: string, ledger: string): Promise<EvidenceIndex>;
  /** Makes the closed database one of another INDEX_VERSION. */
  makeOld(directory: string): Promise<void>;
  /** Deletes the database, as somebody would by hand. */
  destroy(directory: string): Promise<void>;
}

const LEDGER = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const NEVER = new AbortController().signal;

/** What every index must do: one set of tests for all of them. */
export function describeIndex(place: string, subject: IndexUnderTest): void {
  describe(`the index ${place}`, () => {
    let directory = '';
    let segments: SegmentsOnDisk = writeSegments('');
    let index: EvidenceIndex | undefined;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-index-'));
      segments = writeSegments(directory);
      index = undefined;
    });
    afterEach(async () => {
      await index?.[Symbol.asyncDispose]();
      await subject.destroy(directory);
      await rm(directory, { recursive: true, force: true });
    });

    const opened = async (): Promise<EvidenceIndex> => {
      await index?.[Symbol.asyncDispose]();
      index = await subject.open(directory, LEDGER);
      return index;
    };
    const write = (time: string, ...submissions: readonly Submission[]): Promise<readonly StoredRecord[]> =>
      segments.write(time, submissions);

    test('finds what going through all records finds, page by page', async () => {
      const index = await opened();
      const all = await manyRecords(segments);
      for (const batch of inBatches(all, 40)) await index.add(batch);
      await assert(
        asyncProperty(queries, constantFrom(1, 7, 100, 500), async (query, limit) => {
          const expected = plainly(all, query).slice(0, limit * 3);
          const found = await pages(index, { ...query, limit }, 3);
          expect(found.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq));
        }),
        { numRuns: 200, seed: 6 },
      );
    });

    test('says of each hit where it stands, its id and the hash of its line', async () => {
      const index = await opened();
      const [stored] = await write('2026-11-20T10:00:00.000Z', eventSubmission());
      await index.add(segments.stored);
      const { hits, more } = await find(index, { limit: 10 });
      expect(more).toBe(false);
      expect(hits).toMatchObject([
        { ledger: LEDGER, seq: 1, at: Date.parse('2026-11-20T10:00:00.100Z') * 1000 + 2, hash: stored?.hash },
      ]);
      expect(hits[0]?.id).toBe(stored?.record.id);
    });

    test.each<{ readonly case: string; readonly first: string; readonly again: string }>([
      { case: 'in one day', first: '2026-11-20T10:00:00.000Z', again: '2026-11-20T11:00:00.000Z' },
      { case: 'around midnight', first: '2026-11-20T23:59:59.000Z', again: '2026-11-21T00:00:10.000Z' },
    ])('a record whose id is there already is not found twice, $case', async ({ first, again }) => {
      const index = await opened();
      await index.add(await write(first, eventSubmission(), eventSubmission()));
      await index.add(await write(again, eventSubmission(), eventSubmission({ verb: 'create', stage: 'Panic' })));
      const { hits } = await find(index, { limit: 10 });
      expect(hits.map(({ seq }) => seq).sort((one, other) => one - other)).toEqual([1, 4]);
      expect(await index.cursor()).toMatchObject({ first: 1, seq: 4 });
    });

    test('what was added before is left out when it comes again, and the rest is added', async () => {
      const index = await opened();
      const [one, two, three] = await write(
        '2026-11-20T10:00:00.000Z',
        decisionSubmission({ id: 'a' }),
        decisionSubmission({ id: 'b' }),
        decisionSubmission({ id: 'c' }),
      );
      await index.add([one, two].flatMap((each) => each ?? []));
      await index.add([two, three].flatMap((each) => each ?? []));
      const { hits } = await find(index, { limit: 10 });
      expect(hits.map(({ id }) => id)).toEqual(['decision/c', 'decision/b', 'decision/a']);
      expect(await index.cursor()).toEqual({ first: 1, seq: 3, hash: three?.hash });
    });

    test('has no cursor before the first record, and keeps it over a restart, with the answers', async () => {
      const before = await opened();
      expect(await before.cursor()).toBeUndefined();
      await before.add(await manyRecords(segments));
      const [cursor, answers] = [await before.cursor(), await pages(before, { user: 'alice', limit: 50 }, 99)];
      const after = await opened();
      expect(await after.cursor()).toEqual(cursor);
      expect(await pages(after, { user: 'alice', limit: 50 }, 99)).toEqual(answers);
      expect(answers.length).toBeGreaterThan(20);
    });

    test.each<{ readonly case: string; readonly username: string; readonly was?: string; readonly found: boolean }>([
      { case: 'who it was then, whatever the map says now', username: 'oidc:b', was: 'Bob', found: true },
      { case: 'nothing that was another person then', username: 'bob', was: 'Robert', found: false },
      { case: 'by the map of now what no map of then knew', username: 'bob', was: 'bob', found: true },
      { case: 'by the map of now what says nobody', username: 'bob', found: true },
      { case: 'nothing of a username that is not theirs', username: 'robert', found: false },
    ])('a search for a person finds $case', async ({ username, was, found }) => {
      const index = await opened();
      const user = { username, ...(was === undefined ? {} : { person: was }) };
      await index.add(await write('2026-11-20T10:00:00.000Z', decisionSubmission({ id: 'a', user, name: 'web-0' })));
      for (const query of [
        {},
        { name: 'web-0' },
        { verb: 'connect' },
        { kinds: ['Decision' as const] },
        { user: username },
      ]) {
        const search = searchOf({ ...query, person: 'Bob', limit: 10 }, undefined, () => ['bob', 'bob@example.com']);
        const { hits } = await index.find(search, NEVER);
        expect(hits.map(({ id }) => id)).toEqual(found ? ['decision/a'] : []);
      }
    });

    test('one that was made by another version is made anew, and gives the same answers', async () => {
      const before = await opened();
      await before.add(await manyRecords(segments));
      const answers = await pages(before, { person: 'Bob', limit: 500 }, 99);
      await before[Symbol.asyncDispose]();
      await subject.makeOld(directory);
      const after = await opened();
      expect(await after.cursor()).toBeUndefined();
      expect(await pages(after, { limit: 500 }, 99)).toEqual([]);
      await after.add(segments.stored);
      expect(await pages(after, { person: 'Bob', limit: 500 }, 99)).toEqual(answers);
      expect(answers.length).toBeGreaterThan(20);
      expect(await (await opened()).cursor()).toMatchObject({ seq: segments.stored.length });
    });

    test.each(['deleted by hand', 'cleared'])(
      'gives the same answers when it is made anew after it was %s',
      async (how) => {
        const before = await opened();
        await before.add(await manyRecords(segments));
        const answers = await pages(before, { limit: 500 }, 99);
        if (how === 'cleared') {
          await before.clear();
        } else {
          await before[Symbol.asyncDispose]();
          await subject.destroy(directory);
        }
        const after = await opened();
        expect(await after.cursor()).toBeUndefined();
        expect(await pages(after, { limit: 500 }, 99)).toEqual([]);
        for (const batch of inBatches(segments.stored, 17)) await after.add(batch);
        expect(await pages(after, { limit: 500 }, 99)).toEqual(answers);
        expect(answers.length).toBeGreaterThan(100);
      },
    );

    test.each<{ readonly case: string; readonly value: string }>([
      { case: 'with a NUL', value: 'a\0b' },
      { case: 'with half of a surrogate pair', value: 'a\uD800b' },
      { case: 'of a million characters', value: '世'.repeat(1_000_000) },
      { case: 'with a quote and a semicolon', value: `'; DROP TABLE entries; --` },
      { case: 'that is empty', value: '' },
    ])('an event of a user $case is kept, and found by it', async ({ value }) => {
      const index = await opened();
      await index.add(await write('2026-11-20T10:00:00.000Z', eventSubmission({ user: { username: value } })));
      await index.add(await write('2026-11-20T10:00:00.000Z', eventSubmission({ user: { username: 'other' } })));
      expect(await seqsOf(index, { user: value.slice(0, 1000), limit: 10 })).toEqual([1]);
    });

    test.each(['yesterday', '', '2026-13-45T99:00:00Z', '9999999-01-01T00:00:00Z'])(
      'an event with the time %j stands at the time when it was written',
      async (stageTimestamp) => {
        const index = await opened();
        await index.add(await write('2026-11-20T10:00:00.000Z', eventSubmission({ stageTimestamp })));
        const [since, until] = ['2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z'];
        expect(await seqsOf(index, { since, until, limit: 10 })).toEqual([1]);
      },
    );

    test('an event that is told a week late stands where it happened', async () => {
      const index = await opened();
      const at = (stageTimestamp: string): Submission => eventSubmission({ stageTimestamp });
      await index.add(await write('2026-11-13T10:00:00.000Z', at('2026-11-13T10:00:00Z')));
      await index.add(await write('2026-11-20T10:00:00.000Z', at('2026-11-13T09:00:00Z'), at('2026-11-20T10:00:00Z')));
      expect(await seqsOf(index, { limit: 10 })).toEqual([3, 1, 2]);
      expect(await seqsOf(index, { limit: 10, order: 'OldestFirst' })).toEqual([2, 1, 3]);
      expect(await seqsOf(index, { limit: 10, until: '2026-11-14T00:00:00Z' })).toEqual([1, 2]);
    });

    test('records that come between two pages neither repeat nor hide others', async () => {
      const index = await opened();
      const at = (minute: number): Submission =>
        decisionSubmission({ id: `d-${minute}`, user: { username: 'alice' }, name: `n-${minute}` });
      await index.add(await write('2026-11-20T10:00:00.000Z', at(1), at(2), at(3), at(4)));
      const first = await find(index, { limit: 2 });
      await index.add(await write('2026-11-20T10:00:00.000Z', at(5), at(6)));
      const second = await index.find({ ...searchOf({ limit: 2 }, first.hits.at(-1)) }, NEVER);
      expect([...first.hits, ...second.hits].map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
      expect([first.more, second.more]).toEqual([true, false]);
    });

    test('what was forgotten is not found, and what comes after is', async () => {
      const index = await opened();
      const all = await manyRecords(segments);
      await index.add(all);
      const middle = Math.floor(all.length / 2);
      await index.forget(middle);
      const left = plainly(all, {}).filter(({ seq }) => seq >= middle);
      expect(await seqsOf(index, { limit: 500 })).toEqual(left.map(({ seq }) => seq));
      expect(await index.cursor()).toMatchObject({ seq: all.length });
      await index.add(await write('2026-12-01T10:00:00.000Z', decisionSubmission({ id: 'later' })));
      expect(await seqsOf(index, { decision: 'later', limit: 10 })).toEqual([all.length + 1]);
    });

    test('a search whose asker has gone ends with the reason of its signal', async () => {
      const index = await opened();
      await index.add(await manyRecords(segments));
      const gone = new AbortController();
      const asked = index.find(searchOf({ limit: 500 }, undefined), gone.signal);
      gone.abort(new Error('the page was left'));
      await expect(asked).rejects.toThrow('the page was left');
      await expect(index.find(searchOf({ limit: 1 }, undefined), gone.signal)).rejects.toThrow('the page was left');
      expect((await find(index, { limit: 1 })).hits).toHaveLength(1);
    });
  });
}

async function pages(index: EvidenceIndex, query: EvidenceQuery, most: number): Promise<Hit[]> {
  const found: Hit[] = [];
  for (let page = 0; page < most; page += 1) {
    const { hits, more } = await index.find(searchOf(query, found.at(-1), usernamesOf), NEVER);
    expect(hits.length === query.limit || !more).toBe(true);
    found.push(...hits);
    if (!more) break;
  }
  return found;
}

const usernamesOf = (person: string): readonly string[] => USERNAMES[person] ?? [person];

function find(index: EvidenceIndex, query: EvidenceQuery): ReturnType<EvidenceIndex['find']> {
  const search: Search = searchOf(query, undefined);
  return index.find(search, NEVER);
}

async function seqsOf(index: EvidenceIndex, query: EvidenceQuery): Promise<number[]> {
  return (await find(index, query)).hits.map(({ seq }) => seq);
}

function* inBatches<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
