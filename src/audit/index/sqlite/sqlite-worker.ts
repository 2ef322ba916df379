import { parentPort, workerData } from 'node:worker_threads';
import type { CallName, Calls, Day, FindArgs, FoundRow, Reply, Request, WorkerSetup } from './calls.ts';
import { addToDay, createDayFiles, openDays } from './day-files.ts';
import { inOrder, searchDay, SearchStoppedError } from './day-search.ts';

// The one module that works when it is loaded: it is the beginning of a thread.
const setup = workerData as WorkerSetup;
const cancelled = new Int32Array(setup.cancelled);
const files = createDayFiles(setup.directory, setup.readOnly);
let ledger = '';
let days: readonly Day[] = [];

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.on('message', (request: Request) => parentPort?.postMessage(replyTo(request)));

function replyTo(request: Request): Reply {
  try {
    return { ok: true, result: answer(request) };
  } catch (error) {
    return refusal(error);
  }
}

function answer(request: Request): Calls[CallName]['result'] {
  switch (request.call) {
    case 'Open': {
      ({ ledger } = request.args);
      const opened = openDays(files, request.args.directory, ledger);
      ({ days } = opened);
      return opened;
    }
    case 'Add':
      for (const group of request.args.groups) {
        const others = days.filter(({ day }) => day !== group.day);
        days = [...others, addToDay(files, ledger, others.at(-1)?.day, group)];
      }
      return { days };
    case 'Find':
      return { rows: find(request.args) };
    case 'Close':
      files.close(request.args.days);
      return null;
    case 'Remove': {
      const gone = request.args.days;
      files.remove(gone);
      days = days.filter(({ day }) => !gone.includes(day));
      return { days };
    }
  }
}

/** Days overlap by what was told late. One is looked into only when it may hold what comes before what is found. */
function find({ search, days: among, floor, budgetMs }: FindArgs): FoundRow[] {
  const deadline = performance.now() + budgetMs;
  const check = (): void => {
    if (Atomics.load(cancelled, 0) === 1) throw new SearchStoppedError('Cancelled');
    if (performance.now() > deadline) throw new SearchStoppedError('Slow');
  };
  const newest = search.order === 'NewestFirst';
  const { since = -Infinity, until = Infinity } = search;
  const limit = search.limit + 1;
  const ranged = among
    .flatMap(({ day, range }) => (range === undefined ? [] : [{ day, ...range }]))
    .filter(({ min, max }) => max >= since && min < until)
    .sort((one, other) => (newest ? other.max - one.max : one.min - other.min));
  let found: FoundRow[] = [];
  for (const { day, min, max } of ranged) {
    const last = found.length >= limit ? found.at(-1) : undefined;
    if (last !== undefined && (newest ? max < last.at : min > last.at)) break;
    const more = searchDay(files.get(day).prepare, { search, floor, limit, check });
    found = [...found, ...more].sort(inOrder(search)).slice(0, limit);
  }
  return found;
}

function refusal(error: unknown): Reply {
  const message = error instanceof Error ? error.message : 'unknown error';
  if (error instanceof SearchStoppedError) return { ok: false, code: error.code, message };
  return { ok: false, code: isCorrupt(error) ? 'Corrupt' : 'Unavailable', message };
}

/** SQLITE_CORRUPT is 11, SQLITE_NOTADB 26; the lower byte of an extended code (sqlite.org/rescode.html). */
function isCorrupt(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}
