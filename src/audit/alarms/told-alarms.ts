import { join } from 'node:path';
import { z } from 'zod';
import type { Disk } from '../ledger/disk.ts';
import { CURSORS } from '../ledger/file-cursor.ts';
import { readSmallFile, writeFileAtomically } from '../ledger/write-file.ts';
import type { ToldLine } from './alarm-line.ts';

/** By destination, then by kind of alarm. */
export type ToldLines = Readonly<Record<string, Readonly<Record<string, ToldLine>>>>;

/** What an earlier process left. */
export type ToldBefore =
  | { readonly type: 'Known'; readonly lines: ToldLines }
  /** Nothing was ever told. */
  | { readonly type: 'None' }
  /** There is something, and nobody knows what. */
  | { readonly type: 'Unreadable'; readonly error: Error };

/** How far each destination was told: what is lost with the process is told again. */
export interface ToldAlarms {
  /** Never throws. */
  load(): Promise<ToldBefore>;
  /** What was saved before stands there still when it throws. */
  save(lines: ToldLines): Promise<void>;
}

/** Not `.json`: retention waits for those, and a mailbox that is gone must not fill the disk. */
const NAME = 'alarms.told';
const MOST_BYTES = 64 * 1024;

const number = z.int().min(0);
const file = z.object({
  ledger: z.string(),
  lines: z.record(
    z.string(),
    z.record(z.string(), z.object({ seq: number, until: number.optional(), at: number.optional() })),
  ),
});

/** A small file beside the ledger. One of another ledger says nothing of this one. */
export function createToldAlarms(options: {
  readonly directory: string;
  readonly ledger: string;
  readonly disk: Disk;
}): ToldAlarms {
  const { directory, ledger, disk } = options;
  const folder = join(directory, CURSORS);
  const path = join(folder, NAME);
  return {
    load: async () => {
      try {
        const text = await readSmallFile(disk, path, MOST_BYTES);
        if (text === undefined) return { type: 'None' };
        const parsed = file.safeParse(jsonOf(text)).data;
        if (parsed?.ledger !== ledger) throw new Error(`${path} cannot be understood, or is of another ledger`);
        return { type: 'Known', lines: linesIn(parsed) };
      } catch (error) {
        return { type: 'Unreadable', error: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    save: async (lines) => {
      await disk.makeFolder(folder);
      await writeFileAtomically(disk, path, `${JSON.stringify({ ledger, lines })}\n`);
    },
  };
}

function linesIn({ lines }: z.output<typeof file>): ToldLines {
  return Object.fromEntries(
    Object.entries(lines).map(([destination, kinds]) => [
      destination,
      Object.fromEntries(Object.entries(kinds).map(([kind, line]) => [kind, present(line)])),
    ]),
  );
}

function present({ seq, until, at }: z.output<typeof file>['lines'][string][string]): ToldLine {
  return { seq, ...(until === undefined ? {} : { until }), ...(at === undefined ? {} : { at }) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
