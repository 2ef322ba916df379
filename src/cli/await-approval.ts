import type { ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, expiryOf, stateOf } from '../core/approval/approval-state.ts';
import { printable } from '../core/attributes/printable.ts';
import { summarise } from '../core/attributes/summary.ts';
import { refused } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { followRequest } from './follow-request.ts';
import { createProgress, type Progress } from './progress.ts';
import { humanDuration } from '../core/api/human-duration.ts';
import type { RequestReference } from './request-reference.ts';
import { missingText } from './show-approval.ts';
import { keyOf } from './show-page.ts';
import type { Interrupt, Signals } from './signals.ts';

export type Waited =
  | { readonly type: 'Approved'; readonly request: ApprovalRequest }
  /** Denied, expired, revoked, cancelled, or used already. */
  | { readonly type: 'Ended'; readonly request: ApprovalRequest }
  | { readonly type: 'TimedOut'; readonly request: ApprovalRequest }
  /** By a signal. `request` is undefined where none was read yet. */
  | { readonly type: 'Interrupted'; readonly by: Interrupt; readonly request: ApprovalRequest | undefined };

export interface ApprovalWait {
  readonly signals: Signals;
  /** Undefined: for as long as the request lives. */
  readonly timeoutMs: number | undefined;
}

/** How often the time that is left is shown and compared. */
const TICK_MS = 1_000;
/** The controller writes that a request expired within a second or so; after ten it is not running. */
const EXPIRY_SLACK_MS = 10_000;

/** Ends the watch; what it stands for is in `outcome`. */
class WaitOverError extends Error {
  override readonly name = 'WaitOverError';
  readonly code = 'WaitOver';
  readonly outcome: 'TimedOut' | Interrupt;

  constructor(outcome: 'TimedOut' | Interrupt) {
    super('the wait is over');
    this.outcome = outcome;
  }
}

/**
 * Waits until a request is approved or has ended, and says on stderr who is being asked and how long that can last.
 *
 * @throws CliError when there is no such request; what KubeClient throws
 */
export async function awaitApproval(
  context: Pick<VerbContext, 'client' | 'clock' | 'streams'>,
  reference: RequestReference,
  { signals, timeoutMs }: ApprovalWait,
): Promise<Waited> {
  const { clock } = context;
  const over = new AbortController();
  const progress = createProgress(context.streams);
  const startedAt = clock.now();
  let request: ApprovalRequest | undefined;
  const stopListening = signals.listen((signal) => over.abort(new WaitOverError(signal)));
  const ticking = tick(clock, over.signal, () => {
    const now = clock.now();
    if (timeoutMs !== undefined && now - startedAt >= timeoutMs) over.abort(new WaitOverError('TimedOut'));
    if (request === undefined) return;
    // Without a status there is no deadline yet.
    const expiry = expiryOf(request.status);
    if (Number.isFinite(expiry) && now >= expiry + EXPIRY_SLACK_MS) over.abort(new WaitOverError('TimedOut'));
    show(progress, request, now);
  });
  try {
    for await (request of followRequest(context, reference, over.signal)) {
      if (stateOf(request) === 'Approved') return { type: 'Approved', request };
      if (ENDED.has(stateOf(request))) return { type: 'Ended', request };
      show(progress, request, clock.now());
    }
    throw refused('the request was deleted meanwhile');
  } catch (error) {
    const reason: unknown = over.signal.reason;
    if (!(reason instanceof WaitOverError)) throw error;
    if (reason.outcome !== 'TimedOut') return { type: 'Interrupted', by: reason.outcome, request };
    if (request === undefined) throw refused('the API server did not show the request in time');
    return { type: 'TimedOut', request };
  } finally {
    progress.end();
    stopListening();
    over.abort(new WaitOverError('TimedOut'));
    await ticking;
  }
}

async function tick(clock: VerbContext['clock'], signal: AbortSignal, act: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal).catch(() => undefined);
    if (!signal.aborted) act();
  }
}

function show(progress: Progress, request: ApprovalRequest, now: number): void {
  const { action, target } = summarise(request.spec.action);
  const left = expiryOf(request.status) - now;
  progress.show(
    printable(`waiting for ${keyOf(request)} (${action} on ${target}): it needs ${missingText(request)}`),
    Number.isFinite(left) ? `${humanDuration(left)} left` : 'no deadline yet',
  );
}
