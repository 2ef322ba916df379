import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { BacktestCall } from '../../core/backtest/backtest-call.ts';
import { pastTime } from '../../core/evidence/past-time.ts';
import { createByteBudget } from '../../platform/http/byte-budget.ts';
import { readBody } from '../../platform/http/read-body.ts';
import { type Backtests, BacktestsError } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import { badRequest, ReadApiError } from './read-api-error.ts';

/** Ten policies of the largest kind, as YAML. */
const MAX_BODY_BYTES = 512 * 1024;
const BODY_MS = 10_000;
const MAX_MANIFESTS = 10;
const MAX_USERNAME = 1024;

/** As far as a chart of days goes. */
const MAX_DAYS = 90;
const DAY_MS = 24 * 3_600_000;

const body = z.strictObject({
  manifests: z
    .array(z.strictObject({ from: z.string().max(253), text: z.string().max(MAX_BODY_BYTES) }))
    .min(1)
    .max(MAX_MANIFESTS),
  since: z.string().max(40),
  by: z.string().min(1).max(MAX_USERNAME).optional(),
});

/** Who asks, and may. */
export interface BacktestCaller {
  readonly username: string;
  /**
   * Anybody who may say for whom it is would have a slot for each name that they make up.
   *
   * @throws ReadApiError Forbidden, where they may not
   */
  readonly mustRelay: () => Promise<void>;
}

/** Whoever waits for a slot; a run lasts 45 s at most, most of them a few. */
const RETRY_SECONDS = 10;

/**
 * Runs a back-test for a caller who may, and sends what is told as lines of JSON, until its end or until the caller goes.
 *
 * @throws ReadApiError, before anything was sent
 */
export async function answerBacktest(
  namespace: string | undefined,
  caller: BacktestCaller,
  { backtests, clock }: { readonly backtests?: Backtests; readonly clock: Clock },
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (backtests === undefined) throw new ReadApiError(404, 'NotFound', 'policies are not tried here');
  const call = await readCall(namespace, caller, request, response, clock);
  const news = backtests.run(call, signal)[Symbol.asyncIterator]();
  try {
    // Nothing is sent before it is known that it runs.
    let next = await news.next().catch(asRefusal);
    response.writeHead(200, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    for (; next.done !== true; next = await news.next()) {
      if (!response.write(`${JSON.stringify(next.value)}\n`)) await once(response, 'drain', { signal });
    }
    response.end();
  } finally {
    await news.return?.();
  }
}

async function readCall(
  namespace: string | undefined,
  { username, mustRelay }: BacktestCaller,
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
): Promise<BacktestCall> {
  const limits = { maxBytes: MAX_BODY_BYTES, maxMs: BODY_MS };
  const read = await readBody(request, response, { limits, budget: createByteBudget(MAX_BODY_BYTES), clock });
  if (read.kind === 'gone') throw badRequest('the body did not come to its end');
  if (read.kind === 'refused') throw new ReadApiError(read.failure.code, read.failure.reason, read.failure.message);
  const parsed = body.safeParse(jsonOf(read.text));
  if (!parsed.success) throw badRequest('the body is {"manifests": [{"from", "text"}], "since", "by"?}');
  const since = pastTime(parsed.data.since, clock.now());
  if (since === undefined) throw badRequest('since is a time such as 7d or 2026-11-20');
  if (Date.parse(since) < clock.now() - (MAX_DAYS + 1) * DAY_MS)
    throw badRequest(`since is at most ${MAX_DAYS} days ago`);
  const { manifests, by = username } = parsed.data;
  if (by !== username) await mustRelay();
  return { by, ...(namespace === undefined ? {} : { namespace }), manifests, since };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asRefusal(error: unknown): never {
  if (!(error instanceof BacktestsError)) throw error;
  if (error.code === 'Unavailable') throw new ReadApiError(503, 'ServiceUnavailable', error.message, { cause: error });
  const options = { cause: error, retryAfterSeconds: RETRY_SECONDS };
  throw new ReadApiError(429, 'TooManyRequests', error.message, options);
}
