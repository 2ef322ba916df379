import { createHash } from 'node:crypto';
import { copyFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TwoLedgers } from '../harness/two-ledgers.ts';

/** Changes a copy as `random` (from 0 up to 1) draws it. It answers what it did, undefined where it could not. */
type Change = (directory: string, ledgers: TwoLedgers, random: () => number) => Promise<string | undefined>;

/** One way to tamper with a ledger. */
export interface Spoil {
  readonly change: Change;
  /** What one must have kept elsewhere to notice it. */
  readonly needs?: 'checkpoint' | 'key';
  /**
   * What is named: `First` the first wrong record. `Later` may be one behind it, because the records in between are what they
   * were made anew to be, and only a seal or a checkpoint says that they are not what they were. `Next` may be the one behind it,
   * where the wrong one looks like a record, and what would say that it is none is gone. `Beside` is nothing of a record.
   */
  readonly names?: 'First' | 'Next' | 'Later' | 'Beside';
}

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
function inSegment(change: (lines: Buffer[], random: () => number, others: Buffer[]) => string | undefined): Change {
  return async (directory, { other }, random) => {
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

function flipIn(ending: string, folder = '.'): Change {
  return async (copy, _, random) => {
    const directory = join(copy, folder);
    const name = pick(await files(directory, ending), random) ?? '';
    const bytes = await readFile(join(directory, name));
    const at = Math.floor(random() * bytes.length);
    const mask = random() < 0.5 ? 1 << Math.floor(random() * 8) : 1 + Math.floor(random() * 255);
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    await writeFile(join(directory, name), bytes);
    return `${name}: byte ${at} ^ ${mask}`;
  };
}

/** Takes a closed segment away and leaves its seal, as retention does; it is chosen among so many. */
function segmentAway(choose: (count: number, random: () => number) => number): Change {
  return async (directory, _, random) => {
    const seals = await files(directory, '.seal.json');
    const name = (seals[choose(seals.length, random)] ?? '').slice(0, 20);
    await rm(join(directory, `${name}.ndjson`));
    return `${name}.ndjson is gone`;
  };
}

const index = (lines: { readonly length: number }, random: () => number) => Math.floor(random() * lines.length);

const CHANGES = {
  'a byte of a segment flipped': flipIn('.ndjson'),
  'a byte of a seal flipped': flipIn('.seal.json'),
  'a byte of the checkpoint flipped': flipIn('head.json'),
  'a byte of a key flipped': flipIn('.pem', 'keys'),
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
  'a record of another segment': async (directory, _, random) => {
    const names = await files(directory, '.ndjson');
    const [from = '', to = ''] = [pick(names, random), pick(names, random)];
    if (from === to) return undefined;
    const theirs = linesOf(await readFile(join(directory, from)));
    const lines = linesOf(await readFile(join(directory, to)));
    const [at, source] = [index(lines, random), index(theirs, random)];
    lines.splice(at, random() < 0.5 ? 0 : 1, theirs[source] ?? Buffer.of());
    await writeFile(join(directory, to), Buffer.concat(lines));
    return `line ${source} of ${from} at ${at} of ${to}`;
  },
  'records moved': inSegment((lines, random) => {
    const from = index(lines, random);
    const moved = lines.splice(from, 1 + index(lines, random));
    const to = index(lines, random);
    lines.splice(to, 0, ...moved);
    return `${moved.length} lines from ${from} to ${to}`;
  }),
  'records dropped up to the end': inSegment((lines, random) => {
    const at = index(lines, random);
    lines.splice(at);
    return `all from line ${at} on`;
  }),
  'bytes put in': inSegment((lines, random) => {
    const bytes = Buffer.concat(lines);
    const at = index(bytes, random);
    const more = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 8) }, () => Math.floor(random() * 256)));
    lines.splice(0, lines.length, bytes.subarray(0, at), more, bytes.subarray(at));
    return `${more.toString('hex')} at ${at}`;
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
  'a record put at the end that two readers read as two': async (directory) => {
    const name = (await files(directory, '.ndjson')).at(-1) ?? '';
    const last = linesOf(await readFile(join(directory, name))).at(-1) ?? Buffer.of();
    const prev = createHash('sha256').update(last.subarray(0, -1)).digest('hex');
    const { seq, time } = JSON.parse(last.toString()) as { readonly seq: number; readonly time: string };
    const line = `{"seq":${seq + 1},"prev":"${prev}","time":"${time}","kind":"Use","id":"use/x","data":{},"kind":"Alarm","data":{}}\n`;
    await writeFile(join(directory, name), line, { flag: 'a' });
    return `record ${seq + 1} has two kinds`;
  },
  'a whole segment of another ledger': async (directory, { other }, random) => {
    const name = pick(await files(other, '.ndjson'), random) ?? '';
    await copyFile(join(other, name), join(directory, name));
    return `${name} is theirs`;
  },
  'a segment and its seal of another ledger': async (directory, { other }, random) => {
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
    await swap(directory, a, b);
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
  'the oldest segment taken away': segmentAway(() => 0),
  'a segment in the middle taken away': segmentAway((count, random) => 1 + Math.floor(random() * (count - 2))),
  'the newest closed segment taken away': segmentAway((count) => count - 1),
  'a segment taken away, with what retention wrote of another': async (directory, { retained }, random) => {
    const note = pick(await files(retained, '.removed.json'), random) ?? '';
    const name = pick((await files(directory, '.seal.json')).slice(2), random)?.slice(0, 20) ?? '';
    await rm(join(directory, `${name}.ndjson`));
    await copyFile(join(retained, note), join(directory, `${name}.removed.json`));
    return `${name}.ndjson is gone, with ${note}`;
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
  'two seals swapped': async (directory, _, random) => {
    const names = await files(directory, '.seal.json');
    const [a = '', b = ''] = [pick(names, random), pick(names, random)];
    if (a === b) return undefined;
    await swap(directory, a, b);
    return `${a} and ${b} swapped`;
  },
  'a segment again, under a number within another': async (directory, _, random) => {
    const names = await files(directory, '.ndjson');
    const [from = '', at = ''] = [pick(names, random), pick(names.slice(0, -1), random)];
    const name = `${String(Number(at.slice(0, 20)) + 1).padStart(20, '0')}.ndjson`;
    await copyFile(join(directory, from), join(directory, name));
    return `${from} again as ${name}`;
  },
} satisfies Readonly<Record<string, Change>>;

/** Also such as end one record within another. */
const takenOut = inSegment((lines, random) => {
  const bytes = Buffer.concat(lines);
  const [at, length] = [index(bytes, random), 1 + Math.floor(random() * 600)];
  lines.splice(0, lines.length, bytes.subarray(0, at), bytes.subarray(at + length));
  return `${length} bytes at ${at}`;
});

/** A record is another, and all behind it in its segment were given the hashes that this makes. */
const madeAnew = inSegment((lines, random) => {
  const from = index(lines, random);
  let prev: string | undefined;
  for (let at = from; at < lines.length; at += 1) {
    let line = (lines[at] ?? Buffer.of()).toString();
    if (prev === undefined) line = line.replace('"alice"', '"alicf"');
    else line = line.replace(/"prev":"[0-9a-f]*"/, `"prev":"${prev}"`);
    lines[at] = Buffer.from(line);
    prev = createHash('sha256').update(line.slice(0, -1)).digest('hex');
  }
  return `made anew from line ${from} on`;
});

/** The whole directory is another. */
function becomes(which: 'older' | 'forked' | 'forged'): Change {
  return async (directory, ledgers) => {
    await rm(directory, { recursive: true });
    await cp(ledgers[which], directory, { recursive: true });
    return which;
  };
}

async function swap(directory: string, a: string, b: string): Promise<void> {
  const path = (name: string) => join(directory, name);
  await rename(path(a), path('x'));
  await rename(path(b), path(a));
  await rename(path('x'), path(b));
}

export const SPOILS: Readonly<Record<string, Spoil>> = {
  ...Object.fromEntries(Object.entries(CHANGES).map(([name, change]) => [name, { change }])),
  'the checkpoint of another ledger': {
    change: async (directory, { other }) => {
      await copyFile(join(other, 'head.json'), join(directory, 'head.json'));
      for (const key of await readdir(join(other, 'keys')))
        await copyFile(join(other, 'keys', key), join(directory, 'keys', key));
      return 'head.json is theirs';
    },
  },
  // Of two records one may be left that reads as the first: that it was changed only the second could tell.
  'bytes taken out': { change: takenOut, names: 'Next' },
  'a record, and the chain made anew behind it': { change: madeAnew, names: 'Later' },
  'an older copy, with its checkpoint': { change: becomes('older'), needs: 'checkpoint' },
  'an older copy that was written on': { change: becomes('forked'), needs: 'checkpoint', names: 'Later' },
  'everything, by another key': { change: becomes('forged'), needs: 'key', names: 'Beside' },
};
