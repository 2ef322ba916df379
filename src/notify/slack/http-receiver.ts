import type { IncomingMessage, ServerResponse } from 'node:http';
import { type App, type Receiver, verifySlackRequest } from '@slack/bolt';
import { z } from 'zod';
import { createByteBudget } from '../../platform/http/byte-budget.ts';
import { DEFAULT_LISTENER_LIMITS, type Handler, type Listener } from '../../platform/http/listener.ts';
import { createPlainListener } from '../../platform/http/plain-listener.ts';
import { readBody } from '../../platform/http/read-body.ts';
import { type Failure, sendFailure, sendJson } from '../../platform/http/send-json.ts';
import { sendRefusal } from '../../platform/http/send-refusal.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { parseJson } from './button-value.ts';
import { createSeen } from './seen.ts';

export interface HttpReceiverOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly signingSecret: Secret<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HttpReceiver extends Receiver, Pick<Listener, 'ready'> {
  start(): Promise<{ readonly host: string; readonly port: number }>;
}

/** The one path that is served. */
const PATH = '/slack/events';
/** An interaction brings the whole message with it, whose blocks may be 13,000 characters, escaped twice. */
const BODY_LIMITS = { maxBytes: 512 * 1024, maxMs: 2_500 };
const BUDGET_BYTES = 16 * 1024 * 1024;
/** Slack calls from a few addresses, by few connections. */
const LIMITS = { ...DEFAULT_LISTENER_LIMITS, maxConnections: 256, maxHeaderBytes: 16 * 1024, headersMs: 5_000 };
/** docs.slack.dev/authentication/verifying-requests-from-slack: five minutes, and here into the future as well. */
const WINDOW_MS = 5 * 60_000;
const MOST_SIGNATURES = 50_000;
/** Bolt takes what stands behind another `=`, too: one signature has one form, or a replay has many. */
const SIGNATURE = /^v0=[0-9a-f]{64}$/;
const TIMESTAMP = /^\d{10}$/;

/**
 * Receives what Slack sends over HTTP, on a listener with limits of its own. What is not signed, is older than five
 * minutes, or was here before is answered with 401 and does nothing; bolt sees only JSON objects, since anything else ends
 * its promise, and with it the process, where nobody listens.
 */
export function createHttpReceiver({ host, port, signingSecret, clock, log }: HttpReceiverOptions): HttpReceiver {
  const budget = createByteBudget(BUDGET_BYTES);
  const replayed = createSeen(clock, 2 * WINDOW_MS, MOST_SIGNATURES);
  const working = new Set<Promise<void>>();
  let app: App | undefined;

  const handler: Handler = async (request, response) => {
    const refusal = refuseByHead(request, clock.now());
    if (refusal !== undefined) return sendRefusal(request, response, refusal, clock);
    const body = await readBody(request, response, { limits: BODY_LIMITS, budget, clock });
    if (body.kind === 'gone') return undefined;
    if (body.kind === 'refused') return sendRefusal(request, response, body.failure, clock);
    if (!isSigned(request, body.text)) return sendFailure(response, UNAUTHORIZED);
    if (!replayed.first(header(request, 'x-slack-signature'))) {
      // Slack itself may send the same again, and is told that it arrived.
      if (request.headers['x-slack-retry-num'] !== undefined) return sendJson(response, 200, {});
      log.warn({}, 'a request that Slack had sent before came again');
      return sendFailure(response, UNAUTHORIZED);
    }
    const payload = payloadOf(request, body.text);
    if (payload === undefined) return sendFailure(response, MALFORMED);
    if (payload.type === 'url_verification') return sendJson(response, 200, { challenge: payload.challenge });
    return process(request, response, payload);
  };

  function isSigned(request: IncomingMessage, body: string): boolean {
    try {
      verifySlackRequest({
        signingSecret: signingSecret.reveal(),
        body,
        headers: {
          'x-slack-signature': header(request, 'x-slack-signature'),
          'x-slack-request-timestamp': Number(header(request, 'x-slack-request-timestamp')),
        },
        nowMilliseconds: clock.now(),
      });
      return true;
    } catch {
      return false;
    }
  }

  /** Ends with the answer to Slack, whatever is still to be done. */
  async function process(request: IncomingMessage, response: ServerResponse, payload: Payload): Promise<void> {
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const ack = (answer?: unknown): Promise<void> => {
      if (!response.headersSent) {
        if (typeof answer === 'object' && answer !== null) sendJson(response, 200, answer);
        else response.writeHead(200, { 'Content-Length': 0 }).end();
      }
      resolve();
      return Promise.resolve();
    };
    const retryNum = Number(request.headers['x-slack-retry-num'] ?? Number.NaN);
    const work = (
      app?.processEvent({ body: payload, ack, ...(Number.isNaN(retryNum) ? {} : { retryNum }) }) ?? Promise.resolve()
    )
      .catch((error: unknown) => log.error({ err: error instanceof Error ? error.message : 'unknown' }, 'bolt failed'))
      // What bolt has no listener for is acknowledged all the same: Slack would send it again.
      .then(() => ack())
      .finally(() => working.delete(work));
    working.add(work);
    await answered;
  }

  const listener = createPlainListener({ host, port, limits: LIMITS, handler, clock, log });
  return {
    init: (bolt) => {
      app = bolt;
    },
    start: () => listener.start(),
    stop: async () => {
      await listener[Symbol.asyncDispose]();
      await Promise.all(working);
    },
    ready: () => listener.ready(),
  };
}

/** Before a byte of the body is read. */
function refuseByHead(request: IncomingMessage, now: number): Failure | undefined {
  if (request.url !== PATH) return { code: 404, reason: 'NotFound', message: 'there is nothing here' };
  if (request.method !== 'POST') return { code: 405, reason: 'MethodNotAllowed', message: 'only POST' };
  const timestamp = header(request, 'x-slack-request-timestamp');
  const age = now - Number(timestamp) * 1_000;
  const fresh = TIMESTAMP.test(timestamp) && Math.abs(age) <= WINDOW_MS;
  return fresh && SIGNATURE.test(header(request, 'x-slack-signature')) ? undefined : UNAUTHORIZED;
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

type Payload = z.infer<typeof payloadShape>;
const payloadShape = z.looseObject({ type: z.string(), challenge: z.string().max(1_000).optional() });

/** A form with one field `payload`, or JSON: docs.slack.dev/interactivity/handling-user-interaction. */
function payloadOf(request: IncomingMessage, body: string): Payload | undefined {
  const type = header(request, 'content-type').split(';')[0]?.trim();
  const fields = type === 'application/x-www-form-urlencoded' ? new URLSearchParams(body).getAll('payload') : [body];
  const parsed = payloadShape.safeParse(fields.length === 1 ? parseJson(fields[0] ?? '') : undefined);
  return parsed.success ? parsed.data : undefined;
}

/** Nothing about why: it would help nobody but a forger. */
const UNAUTHORIZED: Failure = { code: 401, reason: 'Unauthorized', message: 'this is not signed by Slack' };
const MALFORMED: Failure = { code: 400, reason: 'BadRequest', message: 'this is no interaction' };
