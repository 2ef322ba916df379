import type { Missing, NOT_REACHED, NOT_SHOWN } from './reasons.ts';

/** Why an action is counted as unknown. */
export type UnknownReason = Missing | keyof typeof NOT_SHOWN;

/** Actions, each counted once and under one of these. */
export interface Counts {
  /** Held until somebody approves. */
  readonly held: number;
  /** Stopped without anybody being asked: a guardrail, or a condition that cannot be evaluated. */
  readonly refused: number;
  /** Held or not by something that the events do not show. Never among the others. */
  readonly unknown: number;
}

/** The counts of one resource, person or action. `others` stands for those beyond the ones that are kept apart. */
export interface Share extends Counts {
  readonly name: string;
}

export interface DayCounts extends Counts {
  /** `2026-11-20`, UTC. */
  readonly day: string;
}

export interface ReasonCount<R extends string = string> {
  readonly reason: R;
  readonly count: number;
}

export interface ApproverLoad {
  /** `group sre`, as a policy names who may approve. */
  readonly approver: string;
  /** Which stage of the policy asks them. */
  readonly stage: string;
  /** Requests that they would have been asked to approve, at least. */
  readonly requests: number;
  readonly requestsPerDay: number;
}

export interface PolicyBacktest extends Counts {
  readonly policy: string;
  readonly mode: 'Enforce' | 'Warn' | 'Audit';
  /** `1 of group sre, then 2 of group leads`. */
  readonly asks: string;
  /** Dry runs of what would be held: allowed, with a warning. In no other count. */
  readonly dryRuns: number;
  /**
   * How many requests it would have opened, if each were approved as soon as it is asked for. Attempts that join an open
   * request, and uses of one window, are one. `atMost` counts what is unknown as if it were held.
   */
  readonly requests: number;
  readonly requestsAtMost: number;
  readonly requestsPerDay: number;
  readonly requestsPerDayAtMost: number;
  readonly approvers: readonly ApproverLoad[];
  /** `pods/exec`, with its group where it has one. */
  readonly resources: readonly Share[];
  readonly namespaces: readonly Share[];
  readonly people: readonly Share[];
  /** `exec -it sh on pods in prod`. */
  readonly actions: readonly Share[];
  /** Every day from the first to the last, without a gap. */
  readonly days: readonly DayCounts[];
  /** On what the unknown ones depend; one may depend on several. */
  readonly unknownBecause: readonly ReasonCount<UnknownReason>[];
  readonly refusedBecause: readonly ReasonCount[];
  /** What it names, and that was over before admission was asked: in no count. */
  readonly notReached: readonly ReasonCount<keyof typeof NOT_REACHED>[];
}

export interface EventsRead {
  /** Lines that were read, or items of EventLists; where they are told for one namespace, the events of that alone. */
  readonly events: number;
  /** Before `--since`, where it was looked at. */
  readonly tooOld: number;
  /** Lines that are no audit event; for one namespace 0, since nobody knows whose they are. */
  readonly broken: number;
  /** The first of them: `audit.log:17: …`. */
  readonly firstBroken?: string;
}

/** What policies would have done to what has happened. The console's chart and the CLI's text are made of it alone. */
export interface BacktestReport {
  readonly format: 'sallyport-backtest/v1';
  /** RFC 3339: the first and the last moment that the events tell of; absent where there are none. */
  readonly from?: string;
  readonly until?: string;
  /** Between them, at least one: by what `…PerDay` is divided. */
  readonly days: number;
  readonly read: EventsRead;
  readonly policies: readonly PolicyBacktest[];
}

/** What a bar chart of one policy draws: one bar a day, stacked. */
export interface Series {
  readonly labels: readonly string[];
  readonly held: readonly number[];
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
  /** Of the highest bar. */
  readonly most: number;
}

export function seriesOf({ days }: Pick<PolicyBacktest, 'days'>): Series {
  return {
    labels: days.map(({ day }) => day),
    held: days.map(({ held }) => held),
    refused: days.map(({ refused }) => refused),
    unknown: days.map(({ unknown }) => unknown),
    most: Math.max(0, ...days.map(({ held, refused, unknown }) => held + refused + unknown)),
  };
}
