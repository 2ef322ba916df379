import { createConnectionGuard } from '../../platform/http/connection-guard.ts';
import {
  createHttpsListener,
  type HttpsListener,
  type HttpsListenerOptions,
} from '../../platform/http/https-listener.ts';
import type { Handler } from '../../platform/http/listener.ts';
import { sendNothing } from '../../platform/http/send-refusal.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { authenticate, type Callers } from './callers.ts';
import { createFairBudget } from './fair-budget.ts';
import { receiveBatch, type ReceiveOptions, refuseUnread } from './receive-batch.ts';
import { createReceiverEvents } from './receiver-events.ts';
import { createTurnstile, type TurnstileLimits } from './turnstile.ts';

/** What the kubeconfig of an audit webhook names behind the host. */
const EVENTS_PATH = '/v1/events';

/** Of the connections: the rest is for API servers, which keep a handful each. */
const UNPROVED_SHARE = 0.5;

export interface ReceiverOptions {
  readonly listener: Omit<HttpsListenerOptions, 'handler' | 'guard' | 'clock' | 'log'>;
  readonly callers: Callers;
  readonly bodyBytes: number;
  readonly bodyMs: number;
  readonly inFlightBytes: number;
  readonly answerMs: number;
  readonly turns: TurnstileLimits;
  readonly batch: ReceiveOptions['batch'];
}

export interface ReceiverPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A backend for the audit webhook of API servers: POST /v1/events with an EventList of audit.k8s.io/v1. */
export function createReceiver(
  options: ReceiverOptions,
  { ledger, clock, log, metrics }: ReceiverPorts,
): HttpsListener {
  const events = createReceiverEvents(log, metrics, clock);
  const receive: ReceiveOptions = {
    ledger,
    clock,
    events,
    budget: createFairBudget(options.inFlightBytes),
    turnstile: createTurnstile(options.turns, clock),
    bodyBytes: options.bodyBytes,
    bodyMs: options.bodyMs,
    answerMs: options.answerMs,
    batch: options.batch,
  };
  const { maxConnections } = options.listener.limits;
  const guard = createConnectionGuard({
    mostUnproved: Math.max(1, Math.floor(maxConnections * UNPROVED_SHARE)),
    onClosed: (why, source) => events.connectionClosed(why, source),
  });
  const handler: Handler = async (request, response) => {
    const caller = authenticate(request, options.callers);
    if (!caller.known) {
      events.batchRefused('Unauthenticated', { source: request.socket.remoteAddress, code: caller.code });
      await sendNothing(request, response, caller.code, clock);
      return;
    }
    guard.trust(request.socket);
    const { source } = caller;
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    if (path !== EVENTS_PATH) await refuseUnread(request, response, 'NotFound', source, receive);
    else if (request.method !== 'POST') await refuseUnread(request, response, 'MethodNotAllowed', source, receive);
    else await receiveBatch(source, request, response, receive);
  };
  return createHttpsListener({ ...options.listener, guard, handler, clock, log });
}
