import type { ApprovalPolicy, ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import type { Channel, Occasion } from './channel.ts';
import {
  type Destination,
  destinationKey,
  destinationOf,
  type NotifyEntry,
  parseDestination,
  REQUESTER,
} from './destination.ts';
import { type Happening, happeningsOf } from './happenings.ts';

export interface PlanSettings {
  /** Whether whoever asks gets a direct message where the request goes anywhere. */
  readonly requesters: boolean;
  /** Of the time of a request, after which those who were asked are reminded once; 1 means never. */
  readonly reminderShare: number;
  /** A request that ended longer ago is not told to destinations that have not heard of it. In milliseconds. */
  readonly forgottenMs: number;
}

/** One destination with everything that it should have been told of by now. */
export interface Planned {
  readonly key: string;
  readonly destination: Destination;
  /** Oldest first. */
  readonly happenings: readonly Happening[];
}

export interface Plan {
  readonly destinations: readonly Planned[];
  /** Destinations beyond the limit, which are told nothing. */
  readonly dropped: number;
  /** When there will be more to tell, though nothing changes; in milliseconds since the epoch. */
  readonly nextAt?: number;
}

/** The CRD's maxItems of status.notifications. */
const DESTINATIONS_LIMIT = 64;

/** What people are not written a message of their own for: where one follows the other, the last says it all. */
const QUIET: Readonly<Record<Channel['kind'], ReadonlySet<Occasion>>> = {
  Slack: new Set(),
  Email: new Set(['Voted']),
  Teams: new Set(['Voted']),
  Webhook: new Set(),
};

/**
 * Who is to be told of a request, and of what, by now. Pure. Destinations are those of the policies as they are: what a
 * policy says of `notify` is no term of a request. Whoever was told that it was asked is told how it ends, in any case.
 *
 * @param policyNow by name; undefined where it has gone
 */
export function planOf(
  request: ApprovalRequest,
  policyNow: (name: string) => ApprovalPolicy | undefined,
  settings: PlanSettings,
  now: number,
): Plan {
  const entries = request.status?.notifications ?? [];
  const told = entries.filter(({ told, triedAt }) => triedAt !== undefined || (told ?? []).length > 0);
  const begins = beginsFor(request, policyNow);
  const hasEnded = ENDED.has(stateOf(request));
  const isForgotten = hasEnded && now - endOf(request) > settings.forgottenMs;
  const named = [...begins].flatMap(([key, { isAsStamped }]) =>
    // Whoever a policy names only now is told of what is open, not of what was.
    !hasEnded || isAsStamped || entries.some(({ channel }) => channel === key) ? [key] : [],
  );
  const keys = [...told.map(({ channel }) => channel), ...(isForgotten ? [] : named)];
  if (settings.requesters && named.length > 0 && !isForgotten)
    keys.push(destinationKey({ kind: 'Slack', name: REQUESTER }));
  const distinct = [...new Set(keys)];
  const remindAt = reminderTime(request, settings.reminderShare);
  const happenings = happeningsOf(request, remindAt !== undefined && remindAt <= now ? remindAt : undefined);
  return {
    destinations: distinct.slice(0, DESTINATIONS_LIMIT).flatMap((key) => {
      const destination = parseDestination(key);
      return destination === undefined ? [] : [planned(key, destination, begins.get(key), happenings, request)];
    }),
    dropped: Math.max(0, distinct.length - DESTINATIONS_LIMIT),
    ...(remindAt === undefined || remindAt <= now || distinct.length === 0 ? {} : { nextAt: remindAt }),
  };
}

/** When a destination hears of a request first, and of what. */
interface Begin {
  readonly at: number;
  readonly occasion: Occasion;
  /** Its policy is as it was when the request was asked. */
  readonly isAsStamped: boolean;
}

/** Of a policy from the start, of a stage when its turn comes, of its escalation when it escalates. */
function beginsFor(
  request: ApprovalRequest,
  policyNow: (name: string) => ApprovalPolicy | undefined,
): Map<string, Begin> {
  const begins = new Map<string, Begin>();
  const createdAt = Date.parse(request.metadata.creationTimestamp ?? '');
  const add = (entries: readonly NotifyEntry[] | undefined, begin: Begin) => {
    for (const entry of entries ?? []) {
      const key = destinationKey(destinationOf(entry));
      const known = begins.get(key);
      if (known === undefined || known.at > begin.at)
        begins.set(key, { ...begin, isAsStamped: begin.isAsStamped || known?.isAsStamped === true });
      else if (begin.isAsStamped) begins.set(key, { ...known, isAsStamped: true });
    }
  };
  for (const { name, uid, generation } of request.spec.policies ?? []) {
    const policy = policyNow(name);
    if (policy?.metadata.uid !== uid) continue;
    const isAsStamped = policy.metadata.generation === generation;
    add(policy.spec.notify, { at: createdAt, occasion: 'Asked', isAsStamped });
    for (const stage of policy.spec.approval.stages) {
      const entry = request.status?.stages?.find((each) => each.policy === name && each.name === stage.name);
      const openedAt = Date.parse(entry?.openedAt ?? '');
      if (!Number.isNaN(openedAt))
        add(stage.notify, { at: openedAt, occasion: openedAt > createdAt ? 'StageOpened' : 'Asked', isAsStamped });
      const escalatedAt = Date.parse(entry?.escalatedAt ?? '');
      if (!Number.isNaN(escalatedAt))
        add(stage.escalateNotify, { at: escalatedAt, occasion: 'Escalated', isAsStamped });
    }
  }
  return begins;
}

function planned(
  key: string,
  destination: Destination,
  begin: Omit<Begin, 'isAsStamped'> | undefined,
  happenings: readonly Happening[],
  request: ApprovalRequest,
): Planned {
  const told = request.status?.notifications?.find(({ channel }) => channel === key)?.told ?? [];
  const since = begin ?? { at: firstToldAt(told, happenings), occasion: 'Asked' as const };
  const quiet = QUIET[destination.kind];
  return {
    key,
    destination,
    happenings: happenings.filter(({ occasion, at }) => {
      if (quiet.has(occasion)) return false;
      // Whenever that was: a message that stands without it is out of date.
      if (occasion === 'ReasonGiven') return true;
      // Who hears of a request at the same moment, or later, is not reminded of it, and never asked twice.
      if (occasion === 'Reminder') return destination.name !== REQUESTER && at > since.at;
      return occasion === since.occasion ? at >= since.at : at >= since.at && occasion !== 'Asked';
    }),
  };
}

/** Of a destination that no policy names any more. */
function firstToldAt(told: readonly string[], happenings: readonly Happening[]): number {
  const names = new Set(told.map((token) => token.split('#')[0]));
  return happenings.find(({ occasion }) => names.has(occasion))?.at ?? Number.NEGATIVE_INFINITY;
}

function reminderTime(request: ApprovalRequest, share: number): number | undefined {
  const createdAt = Date.parse(request.metadata.creationTimestamp ?? '');
  const expiresAt = Date.parse(request.status?.expiresAt ?? '');
  if (share >= 1 || request.status?.state !== 'Pending' || !(expiresAt > createdAt)) return undefined;
  return createdAt + (expiresAt - createdAt) * share;
}

function endOf({ status }: ApprovalRequest): number {
  return Date.parse(status?.endedAt ?? '') || 0;
}
