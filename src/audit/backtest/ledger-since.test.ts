import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSegments } from '../../../test/builders/ledger-segments.ts';
import type { Disk } from '../ledger/disk.ts';
import { nodeDisk } from '../ledger/node-disk.ts';
import { ledgerSince } from './ledger-since.ts';

const FIRST = Date.parse('2026-11-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const SEGMENTS = 200;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-since-'));
  const begun = Array.from({ length: SEGMENTS }, (_, index) => new Date(FIRST + index * HOUR_MS).toISOString());
  await writeSegments(
    folder,
    begun.map((time) => ({ time, events: ['{}'] })),
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Counts what is open at once, and in all. */
function countingDisk() {
  const count = { open: 0, most: 0, all: 0 };
  const disk: Pick<Disk, 'open'> = {
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode);
      count.open += 1;
      count.all += 1;
      count.most = Math.max(count.most, count.open);
      return {
        ...file,
        close: async () => {
          count.open -= 1;
          await file.close();
        },
      };
    },
  };
  return { disk, count };
}

describe('the part of a ledger since a time', () => {
  const cases: Record<string, readonly [hours: number, segments: number]> = {
    'before it began: all of it': [-5, SEGMENTS],
    'within a segment: that, the one before it for clocks that differ, and those after it': [100.5, SEGMENTS - 99],
    'at the beginning of one': [100, SEGMENTS - 99],
    'after the last has begun': [SEGMENTS + 50, 1],
  };
  test.each(Object.entries(cases))('%s', async (_, [hours, segments]) => {
    const { disk, count } = countingDisk();
    const { sources, from } = await ledgerSince(folder, FIRST + hours * HOUR_MS, disk);
    expect(sources).toHaveLength(segments);
    expect(sources.map(({ name }) => name)).toEqual(sources.map(({ name }) => name).toSorted());
    expect(from).toBe(FIRST);
    // However many there are, one file is open, and none that need not be.
    expect(count).toEqual({ open: 0, most: 1, all: segments + 1 });
  });
});
