import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Day, DayRows, Opened } from './calls.ts';
import { type DayFile, openDayFile } from './day-file.ts';

/** A file a day: adding stays as fast as in a small table, and an old day goes by one unlink. */
const NAME = /^(\d{4}-\d{2}-\d{2})\.sqlite$/;
/** Beside each, while it is open. */
const SIDE_FILES = ['', '-wal', '-shm'];
/** Each takes two or three file descriptors and a page cache of 2 MB at most. */
const MAX_OPEN = 16;

/** The files of one directory, open as they are needed. */
export interface DayFiles {
  /** @throws what SQLite throws */
  get(day: string): DayFile;
  close(days: readonly string[]): void;
  remove(days: readonly string[]): void;
  closeAll(): void;
}

export function createDayFiles(directory: string, readOnly: boolean): DayFiles {
  /** The one that was used last stands last. */
  const open = new Map<string, DayFile>();
  const close = (days: readonly string[]): void => {
    for (const day of days) {
      open.get(day)?.close();
      open.delete(day);
    }
  };
  return {
    get: (day) => {
      const file = open.get(day) ?? openDayFile(join(directory, `${day}.sqlite`), day, readOnly);
      open.delete(day);
      open.set(day, file);
      const oldest = [...open.keys()].slice(0, Math.max(0, open.size - MAX_OPEN));
      close(oldest);
      return file;
    },
    close,
    remove: (days) => {
      close(days);
      for (const day of days) removeDay(directory, day);
    },
    closeAll: () => close([...open.keys()]),
  };
}

/** What may stay: days of this ledger that follow one another without a gap. What stands behind a gap is deleted. */
export function openDays(files: DayFiles, directory: string, ledger: string): Opened {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const days: Day[] = [];
  const deleted: string[] = [];
  const names = readdirSync(directory).flatMap((file) => NAME.exec(file)?.[1] ?? []);
  for (const name of names.sort()) {
    const day = coveredDay(files, name, ledger);
    const before = days.at(-1);
    const reason =
      typeof day === 'string'
        ? day
        : before !== undefined && day.first !== before.last + 1
          ? `does not follow on ${before.day}`
          : undefined;
    if (reason === undefined) {
      days.push(day as Day);
    } else {
      deleted.push(`${name} ${reason}`);
      files.remove([name]);
    }
  }
  return { days, deleted };
}

/** The day, or why it is of no use. */
function coveredDay(files: DayFiles, name: string, ledger: string): Day | string {
  try {
    return files.get(name).covered(ledger) ?? 'holds nothing';
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be read';
  }
}

/** The newest day first holds what a record of the day before may repeat: only ids around midnight are looked up twice. */
export function addToDay(files: DayFiles, ledger: string, previous: string | undefined, group: DayRows): Day {
  const ids = group.rows.map(({ id }) => id);
  const known = previous === undefined || ids.length === 0 ? new Set<string>() : files.get(previous).known(ids);
  const file = files.get(group.day);
  file.add(ledger, { ...group, rows: group.rows.filter(({ id }) => !known.has(id)) });
  const day = file.covered(ledger);
  if (day === undefined) throw new Error(`${group.day} holds nothing after a record was added`);
  return day;
}

function removeDay(directory: string, day: string): void {
  for (const suffix of SIDE_FILES) rmSync(join(directory, `${day}.sqlite${suffix}`), { force: true });
}
