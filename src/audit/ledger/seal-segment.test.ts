import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { newSigningKey } from '../../../test/builders/ledger.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { segmentLine } from './chain-writer.ts';
import { GENESIS } from './line.ts';
import { nodeDisk } from './node-disk.ts';
import { DamagedLedgerError } from './scan-segment.ts';
import { type ClosedSegment, sealSegment } from './seal-segment.ts';
import { segmentName } from './segment.ts';
import { createSegmentFile, createSegmentWriter } from './segment-writer.ts';
import { writeGroup } from './write-group.ts';

const LEDGER = '11111111-1111-4111-8111-111111111111';
const key = newSigningKey();
let directory = '';
let closed: Required<ClosedSegment>;

beforeEach(async () => {
  directory = await testFolder();
  const { line, position } = segmentLine({ seq: 0, hash: GENESIS }, 0, LEDGER, key);
  const writer = createSegmentWriter(nodeDisk, directory, await createSegmentFile(nodeDisk, directory, 1, line));
  const buffer = Buffer.alloc(4096);
  const json = { text: '{"a":"ü"}', length: 10 };
  const time = '2026-11-22T00:00:00.000Z';
  const group = writeGroup(buffer, position, time, [
    { kind: 'Use', id: 'use/a', json },
    { kind: 'Use', id: 'use/b', json: { bytes: Buffer.from('[{"a":"b"}]'), start: 1, end: 10 } },
  ]);
  await writer.append(buffer.subarray(0, group.length));
  const [bytes, sha256 = ''] = [writer.bytes(), writer.sha256()];
  const head = group.head.hash;
  closed = { first: 1, head, written: { ledger: LEDGER, last: 3, bytes, sha256, prev: GENESIS } };
  await writer.close();
});

const seal = (segment: ClosedSegment) =>
  sealSegment(segment, { directory, longestLine: 4096, now: 0 }, { disk: nodeDisk, key });

test('what was written is sealed as what is read record by record would be', async () => {
  const { first, head } = closed;
  const ofHash = await seal(closed);
  expect(ofHash).toEqual(await seal({ first, head }));
  expect(ofHash.sha256).toBe(closed.written.sha256);
  expect(ofHash).toMatchObject({ first: 1, last: 3, records: 3, prev: GENESIS, head });
});

test.each<[string, (text: string) => string]>([
  ['a letter was changed', (text) => text.replace('"a":"b"', '"a":"c"')],
  ['something stands behind the end', (text) => `${text}{`],
  ['the end is gone', (text) => text.slice(0, -1)],
  ['a record is gone', (text) => text.split('\n').slice(0, 2).join('\n').concat('\n')],
])('what stands on the disk is not sealed where it is not what was written: %s', async (_, change) => {
  const file = join(directory, segmentName(1));
  await writeFile(file, change(await readFile(file, 'utf8')));
  await expect(seal(closed)).rejects.toThrow(DamagedLedgerError);
});
