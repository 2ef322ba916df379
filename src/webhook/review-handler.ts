import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes } from '../core/attributes/attributes.ts';
import { fromAdmissionReview } from '../core/attributes/from-admission-review.ts';
import type { Clock } from '../ports/clock.ts';
import { type ReadBodyOptions, readBody } from '../platform/http/read-body.ts';
import { sendFailure, sendJson } from '../platform/http/send-json.ts';
import { sendRefusal } from '../platform/http/send-refusal.ts';
import { errorText } from '../platform/telemetry/error-text.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Call } from '../enforcement/call.ts';
import { deadlineOf } from './deadline.ts';
import { ReviewCall } from './review-call.ts';
import { type ReviewAnswer, renderReview } from './review-answer.ts';
import { parseStrictJson } from './strict-json.ts';

/** Judges one parsed review. Whatever it throws is a refusal. */
export type Review = (attributes: Attributes, call: Call) => Promise<ReviewAnswer>;

export interface ReviewHandlerOptions {
  readonly body: Omit<ReadBodyOptions, 'clock'>;
  readonly clock: Clock;
  /** A new decision id. */
  readonly newId: () => string;
  /** Of the policies, as the path has it; empty where it has none. */
  readonly revision: string;
  readonly log: Logger;
}

/**
 * Body, JSON, AdmissionReview, verdict. A body that is not a review gets a 4xx; a review that does not add up gets a
 * refusal under its uid, so that the requester reads a reason and not that a webhook failed.
 */
export async function handleReview(
  review: Review,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  options: ReviewHandlerOptions,
): Promise<void> {
  const { clock, log } = options;
  const deadline = deadlineOf(request.url ?? '/', clock.now());
  const body = await readBody(request, response, { ...options.body, clock });
  if (body.kind === 'gone') return;
  if (body.kind === 'refused') {
    await sendRefusal(request, response, body.failure, clock);
    return;
  }
  const json = parseStrictJson(body.text, body.bytes);
  if (!json.ok) {
    const uid = reviewUID(body.text);
    if (uid !== undefined) {
      sendJson(response, 200, renderReview(uid, malformed(json.problem)));
      return;
    }
    sendFailure(response, { code: 400, reason: 'BadRequest', message: `the body is refused: ${json.problem}` });
    return;
  }
  const parsed = fromAdmissionReview(json.value, 'Readable');
  if (!parsed.ok) {
    log.warn({ problem: parsed.problem }, 'a body that is not an AdmissionReview was refused');
    if (parsed.uid === undefined) {
      sendFailure(response, { code: 400, reason: 'BadRequest', message: `not an AdmissionReview: ${parsed.problem}` });
    } else sendJson(response, 200, renderReview(parsed.uid, malformed(parsed.problem)));
    return;
  }
  const call = new ReviewCall(options.newId(), options.revision, deadline, signal, clock);
  sendJson(response, 200, renderReview(parsed.uid, await judge(review, parsed.attributes, call, log)));
}

async function judge(review: Review, attributes: Attributes, call: Call, log: Logger): Promise<ReviewAnswer> {
  try {
    return await review(attributes, call);
  } catch (error) {
    log.error({ decision: call.id, err: errorText(error) }, 'a review failed');
    return {
      allowed: false,
      status: 503,
      reason: 'ServiceUnavailable',
      message: `sallyport: could not decide; try again in a moment [sallyport code=Unavailable retry=true decision=${call.id}]`,
    };
  }
}

/** The uid of a review that cannot be parsed, where it stands as the API server writes it: enough to refuse it by. */
function reviewUID(text: string): string | undefined {
  return /^\{"kind":"AdmissionReview","apiVersion":"admission\.k8s\.io\/v1","request":\{"uid":"([0-9a-f-]{36})"/.exec(
    text,
  )?.[1];
}

function malformed(problem: string): ReviewAnswer {
  return {
    allowed: false,
    status: 400,
    reason: 'BadRequest',
    message: `sallyport: the review does not add up: ${problem}`,
  };
}
