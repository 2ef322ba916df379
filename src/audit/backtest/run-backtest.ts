import { isJsonObject } from '../../core/attributes/json.ts';
import { type BacktestOptions, createBacktest, type Seen } from '../../core/backtest/backtest.ts';
import type { BacktestReport } from '../../core/backtest/report.ts';
import { BacktestError } from './backtest-error.ts';
import type { Shown } from './of-namespace.ts';
import { createPrefilter } from './prefilter.ts';
import { type Line, readLines } from './read-lines.ts';
import type { EventSource } from './sources.ts';

export interface BacktestProgress {
  readonly events: number;
  /** Of the files, compressed as they are. */
  readonly bytes: number;
  /** Undefined where something is read whose end is not known. */
  readonly totalBytes: number | undefined;
}

export interface BacktestRun extends BacktestOptions {
  readonly sources: readonly EventSource[];
  /** Called often. */
  readonly onProgress?: (progress: BacktestProgress) => void;
  /** What is none of the asker's business is not looked at. */
  readonly only?: Shown;
  /** Somebody writes to the last source: a line that is cut off there is not broken. */
  readonly growing?: boolean;
}

/**
 * One line in so many is read whatever it says, so that the time that the events span is known. Not for one namespace: how
 * many lines of others stand between would show in what is found so.
 */
const SAMPLE = 1024;

/**
 * Reads the sources one after the other and says what the policies would have done.
 *
 * @throws BacktestError a source cannot be read, or is no gzip although it begins like one
 */
export async function runBacktest(run: BacktestRun, signal: AbortSignal): Promise<BacktestReport> {
  const backtest = createBacktest(run);
  const { only } = run;
  const see: See = (event) => (only === undefined || only.event(event) ? backtest.see(event) : 'Hidden');
  const mayMatch = createPrefilter(run.policies);
  const sizes = run.sources.map(({ size }) => size);
  const totalBytes = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const read = { events: 0, tooOld: 0, broken: 0 };
  let firstBroken: string | undefined;
  let bytesBefore = 0;

  for (const source of run.sources) {
    let number = 0;
    let bytes = 0;
    let last: Buffer | undefined;
    const count = (seen: Counted): void => {
      if (seen === 'Hidden') return;
      if (typeof seen === 'object') {
        // Whose a line is that cannot be read, nobody knows; and where it stands says how many others there are.
        if (only !== undefined) return;
        read.broken += 1;
        firstBroken ??= `${source.name}:${number}: ${seen.broken}`;
      } else {
        read.events += 1;
        if (seen === 'OutOfTime') read.tooOld += 1;
      }
    };
    const onLine = (line: Line | undefined): void => {
      number += 1;
      last = undefined;
      if (line === undefined) count({ broken: 'the line is longer than an event can be' });
      else if (isBlank(line.bytes) || (line.cut && run.growing === true && source === run.sources.at(-1))) return;
      else if (only !== undefined && !only.mayHold(line.bytes)) return;
      else if ((only !== undefined || number % SAMPLE !== 1) && !mayMatch(line.bytes)) {
        if (only === undefined || only.line(line.bytes)) read.events += 1;
        last = line.bytes;
      } else seeLine(line, see, count);
    };
    const onChunk = (): void => run.onProgress?.({ events: read.events, bytes: bytesBefore + bytes, totalBytes });
    try {
      await readLines(
        source.open((sum) => {
          bytes = sum;
        }),
        onLine,
        onChunk,
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      throw new BacktestError('Unreadable', `cannot read ${source.name} to its end: ${message}`, { cause: error });
    }
    // It was counted already; it says how far the events reach.
    if (last !== undefined) seeLine({ bytes: last, cut: false }, see, () => undefined);
    bytesBefore += source.size ?? bytes;
  }
  return backtest.report({ ...read, ...(firstBroken === undefined ? {} : { firstBroken }) });
}

const BLANK = new Set([0x20, 0x0d, 0x09]);

function isBlank(line: Buffer): boolean {
  return line.length < 3 && line.every((byte) => BLANK.has(byte));
}

/** What somebody may not be told of. */
type Counted = Seen | 'Hidden';
type See = (event: unknown) => Counted;

function seeLine({ bytes, cut }: Line, see: See, count: (seen: Counted) => void): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    count({ broken: cut ? 'the last line is cut off' : 'it is no JSON' });
    return;
  }
  if (!isJsonObject(parsed)) count({ broken: 'it is no JSON object' });
  else if (isRecord(parsed)) count(parsed['kind'] === 'AuditEvent' ? see(parsed['data']) : 'NotOurs');
  else if (parsed['kind'] === 'EventList' && Array.isArray(parsed['items']))
    parsed['items'].forEach((item) => count(see(item)));
  else count(see(parsed));
}

/** A line of our ledger (core/evidence EvidenceRecord). */
function isRecord(value: object): boolean {
  return 'seq' in value && 'prev' in value && 'kind' in value;
}
