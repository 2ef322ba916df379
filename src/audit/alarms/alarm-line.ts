import type { Alarm } from '../../core/evidence/alarm.ts';
import { type CountedAlarms, countAlarm } from '../../core/evidence/alarm-notice.ts';

/** Alarms of one kind at one destination, as it outlives the process. */
export interface ToldLine {
  /** Number of the record up to which all was told. */
  readonly seq: number;
  /** Telling began of what comes after that, up to here: it may have arrived. */
  readonly until?: number;
  /** When telling began last, in milliseconds since the epoch. */
  readonly at?: number;
}

export type NextStep =
  | { readonly type: 'Idle' }
  | { readonly type: 'Wait'; readonly ms: number }
  /** `isNew` where telling of them has not begun yet. */
  | { readonly type: 'Tell'; readonly alarms: CountedAlarms; readonly isNew: boolean };

export interface LinePace {
  /** What comes together is told together. */
  readonly settleMs: number;
  /** Between two messages: what comes meanwhile is counted, and told in the next. */
  readonly windowMs: number;
}

/** Decides what is told when. Its memory is a few sentences, however many alarms come. Pure. */
export interface AlarmLine {
  see(seq: number, alarm: Alarm, now: number): void;
  /** @param scanned number of the last record that it was shown, alarm or not */
  next(scanned: number, now: number): NextStep;
  /** From now on it may have arrived: these alarms, and no others, are told until they have. @returns their last number */
  begin(now: number): number;
  told(): void;
  /** Since when something is not told. */
  untoldSince(): number | undefined;
  saved(scanned: number): ToldLine;
}

export function createAlarmLine(from: ToldLine, { settleMs, windowMs }: LinePace): AlarmLine {
  let { seq, until, at } = from;
  let seen = seq;
  let begun: CountedAlarms | undefined;
  let waiting: CountedAlarms | undefined;
  /** Of what is begun, and of what waits. */
  let begunSince: number | undefined;
  let waitingSince = 0;
  return {
    see(number, alarm, now) {
      if (number <= seen) return;
      seen = number;
      if (until !== undefined && number <= until) {
        begun = countAlarm(begun, number, alarm);
        begunSince ??= now;
        return;
      }
      if (waiting === undefined) waitingSince = now;
      // What lies before it is none of this kind: a restart need not look there again.
      if (waiting === undefined && until === undefined) seq = number - 1;
      waiting = countAlarm(waiting, number, alarm);
    },
    next(scanned, now) {
      if (until !== undefined) {
        // All of them, or it would be another message under the same id.
        if (scanned < until) return { type: 'Idle' };
        if (begun !== undefined) return { type: 'Tell', alarms: begun, isNew: false };
        // Retention has taken them.
        seq = until;
        until = undefined;
      }
      if (waiting === undefined) return { type: 'Idle' };
      // A clock that was set back must not keep anybody waiting for longer than the window.
      const after = at === undefined ? 0 : Math.min(windowMs, at + windowMs - now);
      const ms = Math.max(waitingSince + settleMs - now, after);
      return ms > 0 ? { type: 'Wait', ms } : { type: 'Tell', alarms: waiting, isNew: true };
    },
    begin(now) {
      begun = waiting;
      begunSince = waitingSince;
      waiting = undefined;
      until = begun?.last ?? seq;
      at = now;
      return until;
    },
    told() {
      seq = waiting === undefined ? (until ?? seq) : waiting.first - 1;
      until = undefined;
      begun = undefined;
      begunSince = undefined;
    },
    untoldSince: () => begunSince ?? (waiting === undefined ? undefined : waitingSince),
    saved(scanned) {
      const told = until === undefined && waiting === undefined ? Math.max(seq, scanned) : seq;
      return { seq: told, ...(until === undefined ? {} : { until }), ...(at === undefined ? {} : { at }) };
    },
  };
}
