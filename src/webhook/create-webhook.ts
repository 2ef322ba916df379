import type { EnforcementPorts } from '../enforcement/ports.ts';
import { createByteBudget } from '../platform/http/byte-budget.ts';
import type { Handler } from '../platform/http/listener.ts';
import { createHttpsListener, type HttpsListener, type HttpsListenerOptions } from '../platform/http/https-listener.ts';
import { sendRefusal } from '../platform/http/send-refusal.ts';
import { reviewGatedAction } from './gated-action/review-gated-action.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from './own-kinds/review-own-kinds.ts';
import { WEBHOOK_PATHS } from '../core/api/webhook-paths.ts';
import { handleReview, type Review, type ReviewHandlerOptions } from './review-handler.ts';

export interface WebhookOptions {
  readonly listener: Omit<HttpsListenerOptions, 'handler' | 'clock' | 'log'>;
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
  const reviews = new Map<string, Review>([
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
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    const review = reviews.get(path);
    if (review === undefined || request.method !== 'POST') {
      await sendRefusal(request, response, { code: 404, reason: 'NotFound', message: 'not found' }, clock);
      return;
    }
    await handleReview(review, request, response, signal, { body, clock, log, newId: ports.newId });
  };
  return createHttpsListener({ ...options.listener, handler, clock, log });
}
