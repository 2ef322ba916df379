import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One way to tamper with a ledger, drawn by `random` (from 0 up to 1). It answers what it did, undefined where it could not. */
export type Spoil = (directory: string, other: string, random: () => number) => Promise<string | undefined>;

const files = async (directory: string, ending: string) =>
  (await readdir(directory)).filter((name) => name.endsWith(ending)).toSorted();
const pick = <Item>(items: readonly Item[], random: () => number): Item | undefined =>
  items[Math.floor(random() * items.length)];

/** Splits after each newline. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1 || bytes.length;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** Changes the lines of one segment. */
function inSegment(change: (lines: Buffer[], random: () => number, others: Buffer[]) => string | undefined): Spoil {
  return async (directory, other, random) => {
    const name = pick(await files(directory, '.ndjson'), random) ?? '';
    const theirs = pick(await files(other, '.ndjson'), random) ?? '';
    const before = await readFile(join(directory, name));
    const lines = linesOf(before);
    const did = change(lines, random, linesOf(await readFile(join(other, theirs))));
    const after = Buffer.concat(lines);
    if (did === undefined || after.equals(before)) return undefined;
    await writeFile(join(directory, name), after);
    return `${name}: ${did}`;
  };
}

function flipIn(ending: string): Spoil {
  return async (directory, _, random) => {
    const name = pick(await files(directory, ending), random) ?? '';
    const bytes = await readFile(join(directory, name));
    const at = Math.floor(random() * bytes.length);
    const mask = 1 << Math.floor(random() * 8);
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    await writeFile(join(directory, name), bytes);
    return `${name}: byte ${at} ^ ${mask}`;
  };
}

const index = (lines: readonly unknown[], random: () => number) => Math.floor(random() * lines.length);

export const SPOILS: Readonly<Record<string, Spoil>> = {
  'a byte of a segment flipped': flipIn('.ndjson'),
  'a byte of a seal flipped': flipIn('.seal.json'),
  'a byte of the checkpoint flipped': flipIn('head.json'),
  'a record dropped': inSegment((lines, random) => {
    const at = index(lines, random);
    lines.splice(at, 1);
    return `line ${at} dropped`;
  }),
  'a record doubled': inSegment((lines, random) => {
    const [from, to] = [index(lines, random), index(lines, random)];
    lines.splice(to, 0, lines[from] ?? Buffer.of());
    return `line ${from} again at ${to}`;
  }),
  'records swapped': inSegment((lines, random) => {
    const [a, b] = [index(lines, random), index(lines, random)];
    [lines[a], lines[b]] = [lines[b] ?? Buffer.of(), lines[a] ?? Buffer.of()];
    return `lines ${a} and ${b} swapped`;
  }),
  'a record of another ledger': inSegment((lines, random, others) => {
    const [at, from] = [index(lines, random), index(others, random)];
    lines[at] = others[from] ?? Buffer.of();
    return `line ${at} is theirs`;
  }),
  'the end cut off': inSegment((lines, random) => {
    const bytes = Buffer.concat(lines);
    const length = Math.floor(random() * bytes.length);
    lines.splice(0, lines.length, bytes.subarray(0, length));
    return `cut to ${length}`;
  }),
  'something appended': inSegment((lines, random) => {
    lines.push(Buffer.from(pick(['x', '\n', '{}\n', '\0\0\0'], random) ?? ''));
    return 'appended to';
  }),
  'a whole segment of another ledger': async (directory, other, random) => {
    const name = pick(await files(other, '.ndjson'), random) ?? '';
    await copyFile(join(other, name), join(directory, name));
    return `${name} is theirs`;
  },
  'a segment and its seal of another ledger': async (directory, other, random) => {
    const name = (pick(await files(other, '.seal.json'), random) ?? '').slice(0, 20);
    for (const ending of ['.ndjson', '.seal.json'])
      await copyFile(join(other, name + ending), join(directory, name + ending));
    for (const key of await readdir(join(other, 'keys')))
      await copyFile(join(other, 'keys', key), join(directory, 'keys', key));
    return `${name} and its seal are theirs`;
  },
  'two segments swapped': async (directory, _, random) => {
    const names = await files(directory, '.ndjson');
    const [a = '', b = ''] = [pick(names, random), pick(names, random)];
    if (a === b) return undefined;
    const path = (name: string) => join(directory, name);
    await rename(path(a), path('x'));
    await rename(path(b), path(a));
    await rename(path('x'), path(b));
    return `${a} and ${b} swapped`;
  },
  'a seal taken away': async (directory, _, random) => {
    const name = pick(await files(directory, '.seal.json'), random) ?? '';
    await rm(join(directory, name));
    return `${name} is gone`;
  },
  'a seal in the place of another': async (directory, _, random) => {
    const names = await files(directory, '.seal.json');
    const [a = '', b = ''] = [pick(names, random), pick(names, random)];
    if (a === b) return undefined;
    await copyFile(join(directory, a), join(directory, b));
    return `${a} as ${b}`;
  },
  'a segment and its seal taken away': async (directory, _, random) => {
    const name = (pick(await files(directory, '.seal.json'), random) ?? '').slice(0, 20);
    await rm(join(directory, `${name}.ndjson`));
    await rm(join(directory, `${name}.seal.json`));
    return `${name} and its seal are gone`;
  },
  'the open segment taken away': async (directory) => {
    const name = (await files(directory, '.ndjson')).at(-1) ?? '';
    await rm(join(directory, name));
    return `${name} is gone`;
  },
  'the checkpoint taken away': async (directory) => {
    await rm(join(directory, 'head.json'));
    return 'head.json is gone';
  },
};
