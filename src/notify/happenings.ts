import type { ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import type { Occasion } from './channel.ts';

/** Something that has happened to a request. */
export interface Happening {
  readonly occasion: Occasion;
  /** Which of its kind, from 1, in the whole life of the request: the third use. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * All that has happened, oldest first. It only grows, but for a reminder and a reason, of which nobody needs to be told
 * any more once a request is decided: its next message has the reason in it.
 */
export function happeningsOf(request: ApprovalRequest, reminderAt: number | undefined): Happening[] {
  const { status } = request;
  const stages = status?.stages ?? [];
  const createdAt = Date.parse(request.metadata.creationTimestamp ?? '');
  const times = (all: readonly { readonly at?: string | undefined }[]) => all.map(({ at }) => Date.parse(at ?? ''));
  const opened = times(stages.map(({ openedAt }) => ({ at: openedAt }))).filter((at) => at > createdAt);
  const happened: readonly (readonly [Occasion, readonly number[]])[] = [
    ['Asked', [createdAt]],
    ['StageOpened', opened],
    ['ReasonGiven', reasonGiven(request, createdAt)],
    ['Escalated', times(stages.map(({ escalatedAt }) => ({ at: escalatedAt })))],
    ['Reminder', reminderAt === undefined ? [] : [reminderAt]],
    ['Voted', times((status?.votes ?? []).filter(({ decision }) => decision === 'Approve'))],
    ['BreakGlass', condition(request, 'BreakGlass')],
    ['Approved', condition(request, 'Approved')],
    ['Used', times(status?.uses ?? [])],
    ...ending(request),
    ['Acknowledged', condition(request, 'Acknowledged')],
  ];
  return happened
    .flatMap(([occasion, moments]) =>
      moments
        .filter((at) => !Number.isNaN(at))
        .sort((a, b) => a - b)
        .map((at, index): Happening => ({ occasion, count: index + 1, at })),
    )
    .sort((a, b) => a.at - b.at);
}

/**
 * The one change that a spec may have, so that a second generation tells of it. Nothing says when it was: it counts from
 * the beginning.
 */
function reasonGiven(request: ApprovalRequest, createdAt: number): readonly number[] {
  const isLater = (request.metadata.generation ?? 1) > 1 && request.spec.reason !== undefined;
  return isLater && stateOf(request) === 'Pending' ? [createdAt] : [];
}

function condition({ status }: ApprovalRequest, type: string): number[] {
  return (status?.conditions ?? []).flatMap((each) =>
    each.type === type && each.status === 'True' ? [Date.parse(each.lastTransitionTime)] : [],
  );
}

/** A use that was the last one says by itself that the request is Consumed. */
function ending(request: ApprovalRequest): (readonly [Occasion, readonly number[]])[] {
  const state = stateOf(request);
  if (!ENDED.has(state) || state === 'Consumed' || state === 'Pending' || state === 'Approved') return [];
  const at = Date.parse(request.status?.endedAt ?? '');
  return [[state, [Number.isNaN(at) ? (condition(request, state)[0] ?? 0) : at]]];
}
