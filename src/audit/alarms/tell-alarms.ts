import { createHash } from 'node:crypto';
import { ALARM_KINDS, type AlarmKind } from '../../core/evidence/alarm.ts';
import { type AlarmNotice, alarmNotice, type CountedAlarms } from '../../core/evidence/alarm-notice.ts';
import type { AlarmChannel, AlarmOutcome } from '../../ports/alarm-channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger, StoredRecord } from '../../ports/ledger.ts';
import { follow } from '../ledger/follow.ts';
import { type AlarmLine, createAlarmLine, type LinePace, type ToldLine } from './alarm-line.ts';
import type { TellingEvents } from './telling-events.ts';
import { lastBefore } from './last-before.ts';
import type { ToldAlarms, ToldBefore, ToldLines } from './told-alarms.ts';

export interface TellAlarmsPorts {
  readonly ledger: Ledger;
  readonly told: ToldAlarms;
  /** By the name that stands in logs, and under which it is remembered: `Slack #security`. */
  readonly channels: ReadonlyMap<string, AlarmChannel>;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly events: TellingEvents;
}

/** One place that hears of one kind of alarm. */
interface Place {
  readonly destination: string;
  readonly kind: AlarmKind;
  readonly channel: AlarmChannel;
  readonly line: AlarmLine;
  /** Since when something may have arrived that was begun before. */
  readonly resumed: { readonly until: number; readonly at: number } | undefined;
}

/** The first alarm is told at once, and those that come within a minute after it are one message. */
const PACE: LinePace = { settleMs: 3_000, windowMs: 60_000 };
const AT_ONCE = { records: 1_000, bytes: 8 * 1024 * 1024 };
/** Between two saves where there is nothing to tell: what a restart looks through once more. */
const SAVE_MS = 30_000;
const LOOK_MS = 15_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
/** Who says when to come again is not believed any number. */
const LONGEST_PAUSE_MS = 900_000;
/** A channel that hangs is given up: it has limits of its own, shorter than this. */
const LONGEST_TELLING_MS = 120_000;
/** What is told once more where nobody knows what was told. More might be most of a ledger, and hours of reading. */
const UNSURE_MS = 3_600_000;
/** After so many attempts that were not answered with a refusal either, what others chose is left out. */
const PATIENT_ATTEMPTS = 5;

/**
 * Tells every destination of every alarm of the ledger, until the signal: at least once, each kind at most once a minute.
 * Nobody waits for it. What telling begins with is written before it and what was told after it, so that a process that died
 * in between tells the same again, under the same id.
 */
export async function tellAlarms(
  options: { readonly consoleUrl?: string },
  ports: TellAlarmsPorts,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, told, channels, clock, random, events } = ports;
  const startedAt = ledger.head()?.seq ?? 0;
  /** Where a destination begins of which nothing is known. */
  const beginning = async (before: ToldBefore): Promise<number> => {
    // It is new: what was before has been seen, or is of no use any more.
    if (before.type !== 'Unreadable') return startedAt;
    // Twice is better than never.
    events.failed(before.error);
    return Math.min(startedAt, await lastBefore(ledger, clock.now() - UNSURE_MS));
  };
  let places: readonly Place[] = [];
  let scanned = 0;
  let savedAt = clock.now();
  let news = Promise.withResolvers<void>();
  const ring = (): void => {
    news.resolve();
    news = Promise.withResolvers<void>();
  };

  let saving: Promise<void> = Promise.resolve();
  const save = async (): Promise<void> => {
    const write = saving.then(async () => {
      await told.save(linesOf(places, scanned));
      savedAt = clock.now();
    });
    saving = write.catch(() => undefined);
    // Whoever cannot write it down tells all the same: twice is better than never.
    await write.catch((error: unknown) => events.failed(error));
  };

  const running: Promise<void>[] = [];
  const cursor = {
    load: async () => {
      const before = await told.load();
      const begins = await beginning(before);
      const lines = before.type === 'Known' ? before.lines : {};
      places = [...channels].flatMap(([destination, channel]) =>
        ALARM_KINDS.map((kind): Place => {
          const from = knownOf(lines[destination]?.[kind], startedAt, begins);
          const { until, at = clock.now() } = from;
          const resumed = until === undefined ? undefined : { until, at };
          return { destination, kind, channel, line: createAlarmLine(from, PACE), resumed };
        }),
      );
      scanned = Math.min(...places.map(({ line }) => line.saved(0).seq));
      await save();
      running.push(...places.map(keepTelling));
      return scanned;
    },
    save: async (seq: number) => {
      scanned = seq;
      ring();
      if (clock.now() - savedAt >= SAVE_MS) await save();
    },
  };

  async function keepTelling({ destination, kind, channel, line, resumed }: Place): Promise<void> {
    let attempts = 0;
    let brief = false;
    let began = resumed;
    while (!signal.aborted) {
      const next = line.next(scanned, clock.now());
      if (next.type === 'Idle') {
        await either(news.promise, signal);
        continue;
      }
      if (next.type === 'Wait') {
        await clock.sleep(next.ms, signal).catch(() => undefined);
        continue;
      }
      const { alarms } = next;
      if (next.isNew) {
        began = { until: line.begin(clock.now()), at: clock.now() };
        await save();
      }
      const id = messageId(ledger.id, destination, kind, began?.until ?? alarms.last);
      const isUncertain = attempts > 0 || began === resumed;
      const outcome = await attempt(
        channel,
        {
          id,
          notice: noticeOf(alarms, brief),
          ...(isUncertain && began !== undefined ? { uncertainSince: began.at } : {}),
        },
        signal,
      );
      if (outcome === undefined) return;
      attempts += 1;
      const facts = { alarm: kind, count: alarms.count, id };
      if (outcome.type === 'Told') {
        events.tried(destination, outcome, facts);
        line.told();
        attempts = 0;
        brief = false;
        await save();
        continue;
      }
      brief ||= outcome.type === 'Refused' || attempts >= PATIENT_ATTEMPTS;
      const ms = waitMs(outcome, attempts);
      events.tried(destination, outcome, { ...facts, ms });
      await clock.sleep(ms, signal).catch(() => undefined);
    }
  }

  function noticeOf(alarms: CountedAlarms, brief: boolean): AlarmNotice {
    const { consoleUrl } = options;
    return alarmNotice(alarms, { brief, ...(consoleUrl === undefined ? {} : { consoleUrl }) });
  }

  /** @returns undefined where the signal came first */
  async function attempt(
    channel: AlarmChannel,
    message: Parameters<AlarmChannel['tell']>[0],
    stop: AbortSignal,
  ): Promise<AlarmOutcome | undefined> {
    const limit = new AbortController();
    const callOff = clock.after(LONGEST_TELLING_MS, () => limit.abort());
    try {
      return await channel.tell(message, AbortSignal.any([stop, limit.signal]));
    } catch {
      return stop.aborted ? undefined : { type: 'Delayed', why: 'no answer' };
    } finally {
      callOff();
    }
  }

  function waitMs(outcome: Exclude<AlarmOutcome, { type: 'Told' }>, attempts: number): number {
    if (outcome.type === 'Delayed' && outcome.afterMs !== undefined) return Math.min(outcome.afterMs, LONGEST_PAUSE_MS);
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20)) * (0.5 + random() / 2);
  }

  async function look(): Promise<void> {
    while (!signal.aborted) {
      for (const destination of channels.keys()) {
        const since = places
          .filter((place) => place.destination === destination)
          .flatMap(({ line }) => line.untoldSince() ?? []);
        events.untold(destination, since.length === 0 ? 0 : Math.max(0, (clock.now() - Math.min(...since)) / 1000));
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  const handle = async (records: readonly StoredRecord[]): Promise<void> => {
    const now = clock.now();
    for (const { seq, record } of records) {
      if (record.kind !== 'Alarm') continue;
      for (const { kind, line } of places) if (kind === record.data.alarm) line.see(seq, record.data, now);
    }
    await Promise.resolve();
  };
  await Promise.all([
    look(),
    follow(
      { ledger, cursor, handle, limits: AT_ONCE, clock, random, onError: (error) => events.failed(error) },
      signal,
    ),
  ]);
  await Promise.all(running);
  if (places.length > 0) await save();
}

/** Nobody was told of what the ledger does not have: somebody has set it back. */
function knownOf(line: ToldLine | undefined, head: number, begins: number): ToldLine {
  if (line === undefined) return { seq: begins };
  return Math.max(line.seq, line.until ?? 0) > head ? { seq: head } : line;
}

/** Whatever they hold: that of a line of one kind and destination is another with each batch, and the same after a restart. */
function messageId(ledger: string, destination: string, kind: AlarmKind, until: number): string {
  return createHash('sha256')
    .update(JSON.stringify([ledger, destination, kind, until]))
    .digest('hex')
    .slice(0, 32);
}

function linesOf(places: readonly Place[], scanned: number): ToldLines {
  const destinations = [...new Set(places.map(({ destination }) => destination))];
  return Object.fromEntries(
    destinations.map((destination) => [
      destination,
      Object.fromEntries(
        places
          .filter((place) => place.destination === destination)
          .map(({ kind, line }) => [kind, line.saved(scanned)]),
      ),
    ]),
  );
}

async function either(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', stop);
}
