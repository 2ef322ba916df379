import type { ApprovalRequest, RequestStatus } from '../core/api/kinds.ts';
import { withCondition } from '../core/approval/conditions.ts';
import { shortened } from '../core/notice/notice-limits.ts';
import { REQUESTER } from './destination.ts';
import type { Plan, Planned } from './plan.ts';

export type Notification = NonNullable<RequestStatus['notifications']>[number];

/** Why a destination has not been told. `Refused` is for good, until a policy changes. */
export type ProblemKind = 'NotConfigured' | 'Refused' | 'Unavailable' | 'GaveUp';

const WORDS: Readonly<Record<ProblemKind, string>> = {
  NotConfigured: 'not configured: ',
  Refused: 'refused: ',
  Unavailable: 'unavailable: ',
  GaveUp: 'gave up: ',
};

/** Below the CRD's maxLength of a problem. */
const PROBLEM_LIMIT = 400;

/** As it stands in `status.notifications[].problem`. Its first words tell the kind. */
export function problemText(kind: ProblemKind, why: string): string {
  return `${WORDS[kind]}${shortened(why, PROBLEM_LIMIT)}`;
}

export function problemKind(problem: string | undefined): ProblemKind | undefined {
  const kinds: readonly ProblemKind[] = ['NotConfigured', 'Refused', 'Unavailable', 'GaveUp'];
  return kinds.find((kind) => problem?.startsWith(WORDS[kind]) === true);
}

export function notificationOf({ status }: Pick<ApprovalRequest, 'status'>, key: string): Notification | undefined {
  return status?.notifications?.find(({ channel }) => channel === key);
}

/** Whether telling began and nobody has written down how it ended. */
export function isUnfinished(entry: Notification | undefined): boolean {
  return entry?.triedAt !== undefined && !(Date.parse(entry.at ?? '') >= Date.parse(entry.triedAt));
}

/** The status with this entry in the place of the one for the same destination, and with the condition that follows. */
export function withNotification(
  status: RequestStatus,
  entry: Notification,
  plan: Plan,
  unconfigured: ReadonlyMap<string, string>,
  now: number,
): RequestStatus {
  const known = status.notifications ?? [];
  const notifications = known.some(({ channel }) => channel === entry.channel)
    ? known.map((each) => (each.channel === entry.channel ? entry : each))
    : [...known, entry];
  return withNotified({ ...status, notifications }, plan, unconfigured, now);
}

/**
 * The status with an entry for each destination that cannot be told, or that waits for others, and without those of
 * destinations that no policy names any more and nobody tried. The same object where nothing is to be written.
 *
 * @param unconfigured by key, why
 * @param waiting by key, for what; written once, for it changes all the time
 */
export function withEntries(
  status: RequestStatus,
  plan: Plan,
  unconfigured: ReadonlyMap<string, string>,
  waiting: ReadonlyMap<string, string>,
): RequestStatus {
  const before = status.notifications ?? [];
  const planned = plan.destinations.map(({ key }) => key);
  const kept = before.flatMap((entry): Notification[] => {
    const why = unconfigured.get(entry.channel);
    if (why !== undefined) {
      const problem = problemText('NotConfigured', why);
      return [entry.problem === problem ? entry : { ...entry, problem }];
    }
    const isTouched = entry.triedAt !== undefined || (entry.told ?? []).length > 0;
    if (problemKind(entry.problem) !== 'NotConfigured')
      return isTouched || planned.includes(entry.channel) ? [entry] : [];
    const { problem: _solved, ...rest } = entry;
    return isTouched || planned.includes(entry.channel) ? [rest] : [];
  });
  const added = planned.flatMap((channel): Notification[] => {
    if (before.some((entry) => entry.channel === channel)) return [];
    const why = unconfigured.get(channel);
    const problem = why === undefined ? waiting.get(channel) : problemText('NotConfigured', why);
    return problem === undefined ? [] : [{ channel, problem }];
  });
  const notifications = [...kept, ...added];
  return notifications.length === before.length && notifications.every((entry, index) => entry === before[index])
    ? status
    : { ...status, notifications };
}

/**
 * The status with its condition Notified: True where everybody was told that it was asked, False where somebody was not,
 * with the reason. It says nothing of whether the request may be approved.
 *
 * @param unconfigured by key, why
 */
export function withNotified(
  status: RequestStatus,
  plan: Plan,
  unconfigured: ReadonlyMap<string, string>,
  now: number,
): RequestStatus {
  const verdict = verdictOf(status, plan, unconfigured);
  if (verdict === undefined) return status;
  const before = status.conditions?.find(({ type }) => type === 'Notified');
  const conditions = withCondition(status.conditions, { type: 'Notified', ...verdict }, now);
  const after = conditions.at(-1);
  return before !== undefined && before.reason === after?.reason && before.message === after.message
    ? status
    : { ...status, conditions };
}

interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const REASONS: Readonly<Record<ProblemKind, string>> = {
  NotConfigured: 'NotConfigured',
  Refused: 'DestinationRefused',
  Unavailable: 'DestinationUnavailable',
  GaveUp: 'DestinationUnavailable',
};

/** Destinations that a message names; the others are counted. */
const NAMED = 8;

function verdictOf(
  status: RequestStatus,
  { destinations, dropped }: Plan,
  unconfigured: ReadonlyMap<string, string>,
): Verdict | undefined {
  // Whoever asks may have no Slack: that nobody could tell them stands in the entry alone.
  const asked = destinations.filter(({ destination }) => destination.name !== REQUESTER);
  if (asked.length === 0) return undefined;
  const problems = asked.flatMap((planned) => problemOf(planned, status, unconfigured));
  const first = problems.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))[0];
  const waiting = asked.filter(
    ({ key }) =>
      (notificationOf({ status }, key)?.told ?? []).length === 0 && !problems.some((problem) => problem.key === key),
  );
  const notYet = waiting.length === 0 ? undefined : `not told yet: ${list(waiting.map(waitingText(status)), ', ')}`;
  if (first !== undefined)
    return {
      status: 'False',
      reason: REASONS[first.kind],
      message: [
        list(
          problems.map(({ text }) => text),
          '; ',
        ),
        ...(notYet === undefined ? [] : [notYet]),
      ].join('; '),
    };
  if (dropped > 0) {
    const message = `${dropped} destinations more than the ${destinations.length} that a request is told to`;
    return { status: 'False', reason: 'TooManyDestinations', message };
  }
  return notYet === undefined
    ? {
        status: 'True',
        reason: 'Told',
        message: `told ${list(
          asked.map(({ key }) => key),
          ', ',
        )}`,
      }
    : { status: 'Unknown', reason: 'Telling', message: notYet };
}

function waitingText(status: RequestStatus): (planned: Planned) => string {
  return ({ key }) => {
    const problem = notificationOf({ status }, key)?.problem;
    return problem === undefined ? key : `${key} (${problem})`;
  };
}

const ORDER: readonly ProblemKind[] = ['NotConfigured', 'Refused', 'GaveUp', 'Unavailable'];

function problemOf(
  { key }: Planned,
  status: RequestStatus,
  unconfigured: ReadonlyMap<string, string>,
): { readonly key: string; readonly kind: ProblemKind; readonly text: string }[] {
  const why = unconfigured.get(key);
  const problem = why === undefined ? notificationOf({ status }, key)?.problem : problemText('NotConfigured', why);
  const kind = problemKind(problem);
  return kind === undefined ? [] : [{ key, kind, text: `${key}: ${problem}` }];
}

function list(texts: readonly string[], separator: string): string {
  const some = texts.slice(0, NAMED);
  return [...some, ...(texts.length > NAMED ? [`and ${texts.length - NAMED} more`] : [])].join(separator);
}
