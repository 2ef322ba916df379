import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSigningKey } from '../../../test/builders/ledger.ts';
import { hastyClock } from '../../../test/harness/hasty-clock.ts';
import { retain, type TwoLedgers, twoLedgers } from '../../../test/harness/two-ledgers.ts';
import { nodeDisk } from '../ledger/node-disk.ts';
import { removalName, sealName, segmentName } from '../ledger/segment.ts';
import {
  type Checkpoint,
  readCheckpoint,
  readPublicKey,
  readRemoval,
  readSeal,
  type Removal,
  type Seal,
  signed,
  signedText,
} from '../ledger/signed-file.ts';
import { verdictText } from './verdict-text.ts';
import { verifyLedger, type VerifyOptions } from './verify-ledger.ts';

let ledgers: TwoLedgers;
beforeAll(async () => {
  ledgers = await twoLedgers();
});
afterAll(() => ledgers[Symbol.asyncDispose]());

const clock = hastyClock(100);
const verify = (directory: string, more: Partial<VerifyOptions> = {}) =>
  verifyLedger({ directory, pins: [], heads: [], ...more }, { disk: nodeDisk, clock });

/** Numbers of the first records of its segments. */
async function firsts(directory: string): Promise<readonly number[]> {
  return (await readdir(directory))
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => Number(name.slice(0, 20)))
    .sort((a, b) => a - b);
}

async function replace(path: string, pattern: RegExp, by: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(pattern);
  await writeFile(path, text.replace(pattern, by));
}

async function swapLines(path: string, a: number, b: number): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  await writeFile(path, lines.join('\n'));
}

async function dropLine(path: string, at: number): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, lines.toSpliced(at, 1).join('\n'));
}

describe('a ledger that is whole', () => {
  test('is so, and says what was seen', async () => {
    await ledgers.copy(async (directory) => {
      const segments = await firsts(directory);
      const verdict = await verify(directory);
      expect(verdict).toMatchObject({
        whole: true,
        ledger: '11111111-1111-4111-8111-111111111111',
        records: 28 + segments.length,
        segments: segments.length,
        sealed: segments.length - 1,
        pruned: [],
        findings: [],
        pinned: false,
      });
      expect(verdictText(verdict)).toMatch(/\nWHOLE\n$/);
    });
  });

  test('is so where retention has taken segments away, and says which', async () => {
    await ledgers.copy(async (directory) => {
      const [first = 0, second = 0, third = 0] = await firsts(directory);
      await retain(directory, ledgers.key, 2);
      const { whole, pruned } = await verify(directory);
      expect(whole).toBe(true);
      expect(pruned).toEqual([
        { first, last: second - 1 },
        { first: second, last: third - 1 },
      ]);
    });
  });

  test('fits the key and the checkpoint that were kept elsewhere', async () => {
    await ledgers.copy(async (directory) => {
      const head = readCheckpoint(await readFile(join(directory, 'head.json'), 'utf8'));
      const pin = readPublicKey(await readFile(join(directory, 'keys', `${head?.key ?? ''}.pem`), 'utf8'));
      if (head === undefined || pin === undefined) throw new Error('no checkpoint');
      const heads = [{ file: 'kept.json', checkpoint: head }];
      expect(await verify(directory, { pins: [pin], heads })).toMatchObject({ whole: true, pinned: true });

      const stranger = readPublicKey(newSigningKey().publicPem);
      if (stranger === undefined) throw new Error('no key');
      const byStranger = await verify(directory, { pins: [stranger] });
      expect(new Set(byStranger.findings.map(({ kind }) => kind))).toEqual(new Set(['UnknownKey']));

      const later = [{ file: 'kept.json', checkpoint: resigned(head, { seq: head.seq + 2 }) }];
      expect((await verify(directory, { heads: later })).findings).toMatchObject([
        { kind: 'Truncated', seq: head.seq + 1 },
      ]);
      const another = [{ file: 'kept.json', checkpoint: resigned(head, { seq: 5 }) }];
      const byAnother = (await verify(directory, { heads: another })).findings;
      expect(byAnother[0]).toMatchObject({ kind: 'Changed', seq: 5 });
    });
  });
});

describe('a checkpoint that was kept elsewhere', () => {
  const headOf = async (directory: string): Promise<Checkpoint> => {
    const head = readCheckpoint(await readFile(join(directory, 'head.json'), 'utf8'));
    if (head === undefined) throw new Error('no checkpoint');
    return head;
  };

  test('is shown, and says nothing where its signature is not good', async () => {
    await ledgers.copy(async (directory) => {
      const head = await headOf(directory);
      const heads = [{ file: 'kept.json', checkpoint: head }];
      expect(verdictText(await verify(directory, { heads }))).toContain(
        `against     record ${head.seq} at ${head.time}, by kept.json\n`,
      );
      const forged = await verify(directory, { heads: [{ file: 'kept.json', checkpoint: { ...head, seq: 500 } }] });
      expect(forged).toMatchObject({ whole: false, against: [] });
      expect(forged.findings).toMatchObject([{ kind: 'BadHead', file: 'kept.json' }]);
      const { signature: _, ...rest } = head;
      const stranger = newSigningKey();
      const theirs = { file: 'kept.json', checkpoint: signed({ ...rest, key: stranger.id }, stranger) };
      expect((await verify(directory, { heads: [theirs] })).findings).toMatchObject([{ kind: 'UnknownKey' }]);
    });
  });

  test('is held against the seal of a segment that retention has taken, and against another one', async () => {
    await ledgers.copy(async (directory) => {
      const head = await headOf(directory);
      const [, second = 0] = await firsts(directory);
      const seal = readSeal(await readFile(join(directory, sealName(1)), 'utf8'));
      await retain(directory, ledgers.key, 1);
      const kept = (change: Partial<Checkpoint>) => [{ file: 'kept.json', checkpoint: resigned(head, change) }];
      const same = kept({ seq: second - 1, hash: seal?.head ?? '' });
      expect((await verify(directory, { heads: same })).whole).toBe(true);
      const forked = kept({ seq: second - 1, hash: 'f'.repeat(64) });
      expect((await verify(directory, { heads: forked })).findings).toMatchObject([
        { kind: 'Changed', seq: second - 1 },
      ]);
      // Of two of one record the later would hide the other.
      const both = [...kept({ hash: 'f'.repeat(64) }), { file: 'right.json', checkpoint: head }];
      expect((await verify(directory, { heads: both })).findings).toMatchObject([
        { kind: 'Changed', file: 'kept.json', seq: head.seq },
      ]);
    });
  });
});

/** As the holder of the key would have written it. */
function resigned({ signature: _, ...head }: Checkpoint, change: Partial<Checkpoint>): Checkpoint {
  return signed({ ...head, ...change }, ledgers.key);
}

describe('a ledger that is not whole', () => {
  /** The second segment and its number; the open one. */
  interface Place {
    readonly second: string;
    readonly first: number;
    /** First record of the third. */
    readonly next: number;
    readonly open: string;
    readonly openFirst: number;
    readonly at: (name: string) => string;
  }
  test.each<[string, (place: Place) => Promise<void>, (place: Place) => object]>([
    [
      'a changed record is named, not the one behind it',
      async ({ second }) => {
        const lines = (await readFile(second, 'utf8')).split('\n');
        await writeFile(
          second,
          lines.map((line, index) => (index === 2 ? line.replace('alice', 'alicf') : line)).join('\n'),
        );
      },
      ({ first }) => ({ kind: 'Changed', seq: first + 2 }),
    ],
    [
      'a record whose prev was changed is named itself',
      async ({ second }) => {
        const lines = (await readFile(second, 'utf8')).split('\n');
        const change = (line: string) => line.replace(/"prev":"./, '"prev":"').replace('","time"', '0","time"');
        await writeFile(second, lines.map((line, index) => (index === 2 ? change(line) : line)).join('\n'));
      },
      ({ first }) => ({ kind: 'Changed', seq: first + 2 }),
    ],
    [
      'the last record of the ledger',
      ({ open }) => replace(open, /use-27","username":"alice/, 'use-27","username":"alicf'),
      ({ openFirst }) => ({ kind: 'Changed', seq: expect.toSatisfy((seq: number) => seq > openFirst) as number }),
    ],
    [
      'the last record of a sealed segment, changed',
      async ({ second }) => {
        const text = await readFile(second, 'utf8');
        const at = text.lastIndexOf('alice');
        await writeFile(second, `${text.slice(0, at)}alicf${text.slice(at + 5)}`);
      },
      ({ next }) => ({ kind: 'Changed', seq: next - 1 }),
    ],
    [
      'a record with something behind its data',
      async ({ second }) => {
        const lines = (await readFile(second, 'utf8')).split('\n');
        await writeFile(
          second,
          lines.map((line, index) => (index === 2 ? line.replace(/\}$/, ',"more":{}}') : line)).join('\n'),
        );
      },
      ({ first }) => ({ kind: 'Changed', seq: first + 2, message: expect.stringContaining('no JSON') as string }),
    ],
    ['a missing record', ({ second }) => dropLine(second, 2), ({ first }) => ({ kind: 'Missing', seq: first + 2 })],
    [
      'the last record of a sealed segment',
      async ({ second }) => {
        const lines = (await readFile(second, 'utf8')).split('\n');
        await dropLine(second, lines.length - 2);
      },
      () => ({ kind: 'Truncated' }),
    ],
    [
      'swapped records',
      ({ second }) => swapLines(second, 2, 3),
      ({ first }) => ({ kind: 'OutOfOrder', seq: first + 2 }),
    ],
    [
      'what stands behind a sealed segment',
      ({ second }) => appendFile(second, 'x\n'),
      () => ({ kind: 'TrailingBytes' }),
    ],
    ['what stands behind the open one', ({ open }) => appendFile(open, '{"seq'), () => ({ kind: 'TrailingBytes' })],
    ['the end of the ledger', ({ open }) => dropLine(open, -2), () => ({ kind: 'Truncated' })],
    ['the open segment', ({ open }) => rm(open), ({ openFirst }) => ({ kind: 'Missing', seq: openFirst })],
    ['a seal', ({ at, first }) => rm(at(sealName(first))), ({ first }) => ({ kind: 'NotSealed', seq: first })],
    [
      'a seal and its segment',
      async ({ at, first, second }) => {
        await rm(second);
        await rm(at(sealName(first)));
      },
      ({ first }) => ({ kind: 'Missing', seq: first }),
    ],
    [
      'a seal that was changed',
      ({ at, first }) => replace(at(sealName(first)), /"closedAt":"2026/, '"closedAt":"2027'),
      () => ({ kind: 'BadSeal' }),
    ],
    [
      'the oldest segment, which retention has not taken',
      ({ at }) => rm(at(segmentName(1))),
      () => ({ kind: 'Missing', seq: 1 }),
    ],
    ['a segment in the middle', ({ second }) => rm(second), ({ first }) => ({ kind: 'Missing', seq: first })],
    [
      'a segment that retention would have taken, had it not left an older one',
      async ({ at, first }) => {
        const oldest = await readFile(at(segmentName(1)));
        await retain(at(''), ledgers.key, 2);
        await writeFile(at(segmentName(1)), oldest);
        expect(first).toBeGreaterThan(1);
      },
      ({ first }) => ({ kind: 'Missing', seq: first }),
    ],
    [
      'what retention wrote, by another key',
      async ({ at }) => {
        await retain(at(''), ledgers.key, 1);
        const { signature: _, ...rest } = readRemoval(await readFile(at(removalName(1)), 'utf8')) as Removal;
        await writeFile(at(removalName(1)), signedText(signed(rest, newSigningKey())));
      },
      () => ({ kind: 'BadRemoval', seq: 1 }),
    ],
    [
      'what retention wrote of a seal that was made anew',
      async ({ at }) => {
        await retain(at(''), ledgers.key, 1);
        const { signature: _, ...rest } = readSeal(await readFile(at(sealName(1)), 'utf8')) as Seal;
        const seal = signed({ ...rest, closedAt: '2020-01-01T00:00:00.000Z' }, ledgers.key);
        await writeFile(at(sealName(1)), signedText(seal));
      },
      () => ({ kind: 'BadRemoval', seq: 1 }),
    ],
    ['no checkpoint', ({ at }) => rm(at('head.json')), () => ({ kind: 'BadHead' })],
    [
      'a key that is another',
      async ({ at }) => {
        const [name = ''] = await readdir(at('keys'));
        await writeFile(at(`keys/${name}`), newSigningKey().publicPem);
      },
      () => ({ kind: 'BadKey' }),
    ],
    [
      'a segment of another ledger',
      async ({ second, first }) => writeFile(second, await readFile(join(ledgers.other, segmentName(first)))),
      () => ({ kind: 'Changed' }),
    ],
  ])('%s', async (_, spoil, finding) => {
    await ledgers.copy(async (directory) => {
      const segments = await firsts(directory);
      const [first, next, openFirst] = [segments[1] ?? 0, segments[2] ?? 0, segments.at(-1) ?? 0];
      const at = (name: string) => join(directory, name);
      const place = { first, next, openFirst, at, second: at(segmentName(first)), open: at(segmentName(openFirst)) };
      await spoil(place);
      const verdict = await verify(directory);
      expect(verdict.whole).toBe(false);
      expect(verdict.findings[0]).toMatchObject(finding(place));
      expect(verdictText(verdict)).toMatch(/NOT WHOLE: \d+ findings?\n$/);
    });
  });

  test('is told from no ledger', async () => {
    await expect(verify(join(ledgers.other, 'keys'))).rejects.toMatchObject({ code: 'NoLedger' });
    await expect(verify(join(ledgers.other, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
