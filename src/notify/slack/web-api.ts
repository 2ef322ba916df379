import { webApi } from '@slack/bolt';
import type { z } from 'zod';
import type { Secret } from '../../platform/telemetry/redact.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import type { BoltLogger } from './bolt-logger.ts';
import { slackFetch } from './slack-fetch.ts';
import { adviceOf, TRANSIENT } from './web-api-errors.ts';

export interface SlackApiOptions {
  readonly token: Secret<string>;
  readonly apiUrl: string;
  /** Longest time for one call. */
  readonly timeoutMs: number;
  readonly log: BoltLogger;
}

/** Why Slack itself refused: its own word for it. */
export class SlackRefusedError extends DeliveryRefusedError {
  readonly slackError: string;

  constructor(method: string, slackError: string, options?: ErrorOptions) {
    super(`Slack refused ${method}: ${slackError}${adviceOf(slackError)}`, options);
    this.slackError = slackError;
  }
}

export interface SlackApi {
  /**
   * Calls one method, once: whoever asks knows whether to ask again.
   *
   * @throws {DeliveryDelayedError} Slack is busy or away, or did not answer in time: it may have done it
   * @throws {SlackRefusedError} it will not, and would not later either
   */
  call<T>(method: string, args: Arguments, answer: z.ZodType<T>, signal: AbortSignal): Promise<T>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** Bolt's client, without its retries: those of the outbox know what was coalesced meanwhile. */
export function createSlackApi({ token, apiUrl, timeoutMs, log }: SlackApiOptions): SlackApi {
  return {
    call: async (method, args, answer, signal) => {
      signal.throwIfAborted();
      const client = new webApi.WebClient(token.reveal(), {
        slackApiUrl: apiUrl,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        // Of the body too: slackFetch resolves when it is there.
        timeout: timeoutMs,
        allowAbsoluteUrls: false,
        logger: log,
        fetch: slackFetch(signal),
      });
      try {
        const result = await client.apiCall(method, { ...args });
        const parsed = answer.safeParse(result);
        if (parsed.success) return parsed.data;
        throw new DeliveryDelayedError(`Slack answered ${method} with something else than documented`);
      } catch (error) {
        signal.throwIfAborted();
        throw explained(method, error);
      }
    },
  };
}

function explained(method: string, error: unknown): Error {
  if (error instanceof DeliveryDelayedError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new DeliveryDelayedError('Slack asks for a pause', error.retryAfter * 1_000, { cause: error });
  if (error instanceof webApi.WebAPIPlatformError) {
    const word = error.data.error;
    if (TRANSIENT.has(word))
      return new DeliveryDelayedError(`Slack cannot ${method} now: ${word}`, undefined, { cause: error });
    return new SlackRefusedError(method, word.slice(0, 100), { cause: error });
  }
  if (error instanceof webApi.WebAPIHTTPError)
    return new DeliveryDelayedError(`Slack answered with HTTP status ${error.statusCode}`, undefined, { cause: error });
  return new DeliveryDelayedError('Slack cannot be reached', undefined, { cause: error });
}
