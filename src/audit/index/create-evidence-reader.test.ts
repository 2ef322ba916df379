import { createHmac } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  decisionSubmission,
  eventSubmission,
  type SegmentsOnDisk,
  writeSegments,
} from '../../../test/builders/stored-records.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import type { EvidencePage, EvidenceQuery, Unreadable } from '../../core/evidence/query.ts';
import type { EvidenceReader } from '../../ports/evidence-reader.ts';
import { createEvidenceReader } from './create-evidence-reader.ts';
import { type EvidenceIndex, IndexError } from './evidence-index.ts';
import { createSegmentLines } from './segment-lines.ts';
import { openSqliteIndex } from './sqlite/sqlite-index.ts';

const LEDGER = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const NEVER = new AbortController().signal;

describe('the reader of evidence', () => {
  let directory = '';
  let segments: SegmentsOnDisk = writeSegments('');
  let index: EvidenceIndex | undefined;
  const told: (string | Unreadable)[] = [];

  beforeEach(async () => {
    directory = await testFolder();
    segments = writeSegments(directory);
    index = await openSqliteIndex({ directory: join(directory, 'index'), ledger: LEDGER, searchMs: 5_000 });
    told.length = 0;
  });
  afterEach(async () => {
    await index?.[Symbol.asyncDispose]();
  });

  const readerOf = (options: { readonly pageBytes?: number; readonly key?: string } = {}): EvidenceReader =>
    createEvidenceReader({
      index: () => index,
      lines: createSegmentLines(directory),
      mac: (text) =>
        createHmac('sha256', options.key ?? 'key')
          .update(text)
          .digest('hex'),
      usernamesOf: (person) => [person],
      pageBytes: options.pageBytes ?? 1_000_000,
      events: { found: (outcome) => told.push(outcome), unreadable: (record) => told.push(record) },
    });
  const ask = (query: EvidenceQuery, reader = readerOf()): Promise<EvidencePage> => reader.find(query, NEVER);
  const fill = async (count: number): Promise<void> => {
    for (let number = 1; number <= count; number += 1) {
      const data =
        number % 2 === 0 ? eventSubmission({ auditID: `${number}` }) : decisionSubmission({ id: `d-${number}` });
      if (number % 4 === 0) segments.rotate();
      await segments.write(`2026-11-20T10:00:0${number % 10}.000Z`, [data]);
    }
    await index?.add(segments.stored);
  };

  test('shows the records as they stand in the ledger, with its id', async () => {
    await fill(5);
    const { found, next } = await ask({ limit: 10 });
    expect(next).toBeUndefined();
    const order = found.map(({ record }) => record.seq);
    expect(sorted(order)).toEqual([1, 2, 3, 4, 5]);
    expect(found).toEqual(order.map((seq) => ({ ledger: LEDGER, record: segments.stored[seq - 1]?.record })));
    expect(told).toEqual(['Found']);
  });

  test('gives all of them once, page by page', async () => {
    await fill(9);
    const seen: number[] = [];
    let query: EvidenceQuery = { limit: 2 };
    for (;;) {
      const { found, next } = await ask(query);
      seen.push(...found.map(({ record }) => record.seq));
      if (next === undefined) break;
      query = { limit: 3, after: next };
    }
    expect(sorted(seen)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('ends a page before it is too large, and never gives an empty one for that', async () => {
    await fill(6);
    const small = readerOf({ pageBytes: 1 });
    const first = await ask({ limit: 5 }, small);
    expect(first.found).toHaveLength(1);
    const second = await ask({ limit: 5, ...after(first) }, small);
    expect(second.found).toHaveLength(1);
    expect(second.found[0]?.record.seq).not.toBe(first.found[0]?.record.seq);
  });

  test('a record that somebody has changed is not shown, and is named', async () => {
    await fill(3);
    const place = segments.stored[1];
    const file = await open(join(directory, '00000000000000000001.ndjson'), 'r+');
    await file.write('X', (place?.offset ?? 0) + 300);
    await file.close();
    const { found, unreadable } = await ask({ limit: 10 });
    expect(sorted(found.map(({ record }) => record.seq))).toEqual([1, 3]);
    const changed = { ledger: LEDGER, seq: 2, id: place?.record.id, why: 'Changed' };
    expect(unreadable).toEqual([changed]);
    expect(told).toEqual([changed, 'Found']);
  });

  test.each<{ readonly case: string; readonly harm: (file: string) => Promise<unknown> }>([
    { case: 'is gone', harm: (file) => rm(file) },
    { case: 'was cut off', harm: async (file) => await (await open(file, 'w')).close() },
  ])('records whose segment $case are named as gone', async ({ harm }) => {
    await fill(5);
    await harm(join(directory, '00000000000000000001.ndjson'));
    const { found, unreadable } = await ask({ limit: 10 });
    expect(sorted(found.map(({ record }) => record.seq))).toEqual([4, 5]);
    expect(unreadable?.map(({ seq, why }) => `${seq} ${why}`).sort()).toEqual(['1 Gone', '2 Gone', '3 Gone']);
  });

  test.each<{ readonly case: string; readonly query: Partial<EvidenceQuery> }>([
    { case: 'a limit of none', query: { limit: 0 } },
    { case: 'a limit above the largest page', query: { limit: 501 } },
    { case: 'a limit that is no whole number', query: { limit: 1.5 } },
    { case: 'a time that is none', query: { since: 'yesterday' } },
    { case: 'a day that is none', query: { until: '2026-02-31' } },
    { case: 'no kind at all', query: { kinds: [] } },
    { case: 'a kind that there is not', query: { kinds: ['Wish' as 'Vote'] } },
    { case: 'a user longer than Kubernetes has', query: { user: 'a'.repeat(1025) } },
    { case: 'a cursor that is empty', query: { after: '' } },
    { case: 'a cursor that is none', query: { after: 'bm90IGEgY3Vyc29y' } },
    { case: 'a cursor that is endless', query: { after: 'A'.repeat(1_000_000) } },
  ])('refuses $case', async ({ query }) => {
    await expect(ask({ limit: 10, ...query })).rejects.toMatchObject({ name: 'EvidenceError', code: 'BadQuery' });
    expect(told).toEqual(['BadQuery']);
  });

  test('refuses a cursor that was changed, that is of another query, or made with another key', async () => {
    await fill(5);
    const { next = '' } = await ask({ limit: 2 });
    const plain = Buffer.from(next, 'base64url').toString();
    const forged = Buffer.from(plain.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10))).toString('base64url');
    const bad = { code: 'BadQuery' };
    await expect(ask({ limit: 2, after: next })).resolves.toMatchObject({ found: [{}, {}] });
    await expect(ask({ limit: 2, after: forged })).rejects.toMatchObject(bad);
    await expect(ask({ limit: 2, after: next, user: 'alice' })).rejects.toMatchObject(bad);
    await expect(ask({ limit: 2, after: next, order: 'OldestFirst' })).rejects.toMatchObject(bad);
    await expect(ask({ limit: 2, after: next }, readerOf({ key: 'another' }))).rejects.toMatchObject(bad);
  });

  test('says that it is unavailable while there is no index', async () => {
    await index?.[Symbol.asyncDispose]();
    await expect(ask({ limit: 2 })).rejects.toMatchObject({ code: 'Unavailable' });
    index = undefined;
    await expect(ask({ limit: 2 })).rejects.toMatchObject({ code: 'Unavailable' });
    expect(told).toEqual(['Unavailable', 'Unavailable']);
  });

  test('a search that takes too long tells how to do better', async () => {
    index = { ...(index as EvidenceIndex), find: () => Promise.reject(new IndexError('Slow', 'stopped')) };
    await expect(ask({ limit: 2 })).rejects.toThrow('narrow it down');
  });
});

function after({ next }: EvidencePage): Pick<EvidenceQuery, 'after'> {
  return next === undefined ? {} : { after: next };
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((one, other) => one - other);
}
