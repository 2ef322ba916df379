import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BudgetShare } from '../../platform/http/byte-budget.ts';
import { readBytes } from '../../platform/http/read-body.ts';
import { type AnswerCode, type Failure, sendFailure, sendJson } from '../../platform/http/send-json.ts';
import { sendRefusal } from '../../platform/http/send-refusal.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import type { FairBudget } from './fair-budget.ts';
import type { ReceiverEvents, RefusalReason } from './receiver-events.ts';
import { type BatchLimits, type BatchResult, storeBatch } from './store-batch.ts';
import type { Turnstile } from './turnstile.ts';

export interface ReceiveOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly budget: FairBudget;
  readonly turnstile: Turnstile;
  readonly events: ReceiverEvents;
  readonly bodyBytes: number;
  readonly bodyMs: number;
  /** From the end of the body to an answer, whatever happens. */
  readonly answerMs: number;
  readonly batch: BatchLimits;
}

/**
 * client-go waits so long and tries again, up to ten times, before the audit backend's own five attempts count one
 * (rest.Request, withRetry; k8s.io/apiserver/plugin/pkg/audit/webhook).
 */
const RETRY_SECONDS = '1';

/**
 * Reads one batch and answers it: 200 once it is durable, and 429 or 503 by `answerMs` when it cannot be by then. A slow 200
 * is worse for an API server than a fast 503: it keeps what it sends in memory meanwhile.
 */
export async function receiveBatch(
  source: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiveOptions,
): Promise<void> {
  const { clock, turnstile, events } = options;
  if (turnstile.full(source)) {
    await refuseUnread(request, response, 'TooManyWaiting', source, options);
    return;
  }
  const held = options.budget.open(source);
  const storing = heldWhileStored(held);
  const body = await readBytes(request, response, {
    limits: { maxBytes: options.bodyBytes, maxMs: options.bodyMs },
    budget: { held: () => options.budget.held(), open: () => storing.share },
    clock,
  });
  if (body.kind === 'gone') return;
  if (body.kind === 'refused') {
    const { failure } = body;
    events.batchRefused(REASON_OF[failure.code] ?? 'NoRoom', { source });
    if (failure.code === 503) response.setHeader('Retry-After', RETRY_SECONDS);
    await sendRefusal(request, response, failure, clock);
    return;
  }
  const { bytes } = body;
  const came = clock.now();
  const deadline = came + options.answerMs;
  const refuse = (reason: RefusalReason, facts: Readonly<Record<string, string | number>> = {}): void => {
    events.batchRefused(reason, { source, bytes: bytes.length, ...facts });
    const failure = FAILURES[reason];
    if (failure.code === 429 || failure.code === 503) response.setHeader('Retry-After', RETRY_SECONDS);
    sendFailure(response, failure);
  };

  // Half of the time is for waiting, so that whoever begins has the other half to be stored in.
  const leave = await turnstile.enter(source, came + options.answerMs / 2);
  if (leave === undefined) {
    refuse(turnstile.full(source) ? 'TooManyWaiting' : 'Late');
    return;
  }
  // What is being stored goes on after a late answer, and keeps its turn and its memory: otherwise a disk that hangs would
  // be given batch after batch.
  const batch = storeBatch(bytes, { ledger: options.ledger, clock, limits: options.batch });
  const stored = storing.during(batch, body.discard);
  void stored.catch(ignore).finally(leave);
  const result = await byDeadline(stored, deadline, clock).catch((error: unknown) => error);
  if (result === 'late') refuse('Late');
  else if (result instanceof LedgerError) refuse(`Ledger${result.code}`, { problem: result.message });
  else if (result instanceof Error) throw result;
  else answer(result as BatchResult);

  function answer(outcome: BatchResult): void {
    if (outcome.kind === 'not a list') {
      events.batchRefused('NotAnEventList', { source, bytes: bytes.length, problem: outcome.problem });
      const { code, reason } = FAILURES.NotAnEventList;
      sendFailure(response, { code, reason, message: `the body is refused: ${outcome.problem}` });
      return;
    }
    events.batchKept(source, outcome.batch, (clock.now() - came) / 1000);
    sendJson(response, 200, { events: outcome.batch.events });
  }
}

/** Refuses before the body is read. */
export async function refuseUnread(
  request: IncomingMessage,
  response: ServerResponse,
  reason: RefusalReason,
  source: string,
  { clock, events }: Pick<ReceiveOptions, 'clock' | 'events'>,
): Promise<void> {
  events.batchRefused(reason, { source });
  const failure = FAILURES[reason];
  if (failure.code === 429 || failure.code === 503) response.setHeader('Retry-After', RETRY_SECONDS);
  await sendRefusal(request, response, failure, clock);
}

const REASON_OF: Readonly<Partial<Record<AnswerCode, RefusalReason>>> = {
  408: 'TooSlow',
  413: 'TooLarge',
  415: 'Encoded',
  503: 'NoRoom',
};

const busy: Failure = { code: 429, reason: 'TooManyRequests', message: 'too many batches wait; try again' };
const late: Failure = { code: 503, reason: 'ServiceUnavailable', message: 'not stored in time; try again' };
const unwritable: Failure = { code: 503, reason: 'ServiceUnavailable', message: 'the ledger cannot be written' };

const FAILURES: Readonly<Record<RefusalReason, Failure>> = {
  Unauthenticated: { code: 401, reason: 'Unauthorized', message: 'the token is not accepted' },
  NotFound: { code: 404, reason: 'NotFound', message: 'not found' },
  MethodNotAllowed: { code: 405, reason: 'MethodNotAllowed', message: 'only POST' },
  TooLarge: { code: 413, reason: 'RequestEntityTooLarge', message: 'the batch is too large' },
  TooSlow: { code: 408, reason: 'Timeout', message: 'the batch came too slowly' },
  Encoded: { code: 415, reason: 'UnsupportedMediaType', message: 'only bodies without a content encoding are read' },
  NotAnEventList: { code: 400, reason: 'BadRequest', message: 'the body is no EventList' },
  NoRoom: { code: 503, reason: 'ServiceUnavailable', message: 'too much is being read; try again' },
  TooManyWaiting: busy,
  Late: late,
  LedgerBusy: busy,
  LedgerUnwritable: unwritable,
  LedgerClosed: unwritable,
  LedgerDamaged: unwritable,
  LedgerRejected: { code: 422, reason: 'Invalid', message: 'the ledger does not take one of the events' },
};

/** A share that is given back when the answer is out *and* nothing of it is being stored any more. */
function heldWhileStored(held: BudgetShare) {
  let [storing, answered] = [false, false];
  let atLast = ignore;
  const settle = (): void => {
    if (!answered || storing) return;
    held.release();
    atLast();
    atLast = ignore;
  };
  const share: BudgetShare = {
    take: (bytes) => held.take(bytes),
    release: () => {
      answered = true;
      settle();
    },
  };
  /** @param then called when the share is given back */
  const during = <T>(work: Promise<T>, then: () => void): Promise<T> => {
    storing = true;
    atLast = then;
    return work.finally(() => {
      storing = false;
      settle();
    });
  };
  return { share, during };
}

function byDeadline<T>(work: Promise<T>, deadline: number, clock: Clock): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    // A process that had no processor for a while is first told of its timers and then of its disk.
    const callOff = clock.after(Math.max(0, deadline - clock.now()), () => setImmediate(() => resolve('late')));
    work.finally(callOff).then(resolve, reject);
  });
}

function ignore(): void {}
