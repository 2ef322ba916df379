import type { EnforcementPorts } from '../enforcement/ports.ts';
import { createByteBudget } from '../platform/http/byte-budget.ts';
import type { Handler } from '../platform/http/listener.ts';
import { createHttpsListener, type HttpsListener, type HttpsListenerOptions } from '../platform/http/https-listener.ts';
import { sendNothing } from '../platform/http/send-refusal.ts';
import { authenticatedPath, type Callers } from './callers.ts';
import { reviewGatedAction } from './gated-action/review-gated-action.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from './own-kinds/review-own-kinds.ts';
import { parsePath, WEBHOOK_PATHS, type WebhookPath } from '../core/api/webhook-paths.ts';
import { handleReview, type Review, type ReviewHandlerOptions } from './review-handler.ts';

export interface WebhookOptions {
  readonly listener: Omit<HttpsListenerOptions, 'handler' | 'clock' | 'log'>;
  readonly callers: Callers;
  readonly bodyBytes: number;
  readonly bodyMs: number;
  readonly inFlightBytes: number;
}

export interface WebhookPorts extends EnforcementPorts, Omit<OwnKindsPorts, 'approvals'> {
  readonly newId: () => string;
  readonly log: ReviewHandlerOptions['log'];
}

/** The admission webhook: gated actions, and our own kinds. */
export function createWebhook(options: WebhookOptions, ports: WebhookPorts): HttpsListener {
  const { clock, log } = ports;
  const gated = reviewGatedAction(ports);
  const reviews = new Map<WebhookPath, Review>([
    [WEBHOOK_PATHS.connect, gated],
    [WEBHOOK_PATHS.write, gated],
    [WEBHOOK_PATHS.mutateOwnKinds, mutateOwnKinds(ports)],
    [WEBHOOK_PATHS.validateOwnKinds, validateOwnKinds(ports)],
  ]);
  const body = {
    limits: { maxBytes: options.bodyBytes, maxMs: options.bodyMs },
    budget: createByteBudget(options.inFlightBytes),
  };
  const handler: Handler = async (request, response, signal) => {
    // R50: whoever cannot show who they are learns nothing, and not a byte of the body is looked at.
    const path = authenticatedPath(request, options.callers);
    const asked = path === undefined ? undefined : parsePath(path);
    const review = asked === undefined ? undefined : reviews.get(asked.path);
    if (asked === undefined || review === undefined || request.method !== 'POST') {
      await sendNothing(request, response, 404, clock);
      return;
    }
    await handleReview(review, request, response, signal, {
      body,
      clock,
      log,
      newId: ports.newId,
      revision: asked.revision,
    });
  };
  return createHttpsListener({ ...options.listener, handler, clock, log });
}
