import { SocketModeReceiver } from '@slack/bolt';
import { Agent } from 'undici';
import { z } from 'zod';
import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BoltLogger } from './bolt-logger.ts';
import { parseJson } from './button-value.ts';
import { slackFetch } from './slack-fetch.ts';

export interface SocketModeOptions {
  readonly appToken: Secret<string>;
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly boltLog: BoltLogger;
  /** Connects bolt to a receiver. */
  readonly attach: (receiver: SocketModeReceiver) => void;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface SocketMode {
  ready(): boolean;
  /** Keeps a connection until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

const RECONNECT: Backoff = { baseMs: 1_000, capMs: 30_000 };
/** For Slack to agree to the end of a connection. */
const CLOSE_MS = 500;
/** A connection that held for longer was a good one: the next is made at once. */
const GOOD_MS = 10_000;

/** A frame that bolt can take; of any other its handler's promise fails, and with it the process. */
const frame = z.looseObject({ type: z.string().max(64), payload: z.looseObject({}).optional() });
const events = z.looseObject({ event: z.looseObject({ type: z.string() }) });

/**
 * A connection to Slack that is made again for as long as the process lives: bolt's own gives up on a server error, by a
 * rejection that nobody can catch. Slack ends each one itself now and then.
 */
export function createSocketMode(options: SocketModeOptions): SocketMode {
  const { clock, log, random } = options;
  let connected = false;

  async function once(signal: AbortSignal): Promise<void> {
    // Whatever was begun for this connection, and however far it came.
    const over = new AbortController();
    const receiver = receiverOf(options, over.signal);
    const { client } = receiver;
    const ended = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
    const stopped = new AbortController();
    const start = receiver.start();
    try {
      const limit = clock.sleep(options.timeoutMs, AbortSignal.any([signal, stopped.signal])).then(() => {
        throw new Error('Slack did not say hello in time');
      });
      await Promise.race([start, limit]);
      stopped.abort();
      await limit.catch(() => undefined);
      connected = true;
      log.info({}, 'connected to Slack');
      await Promise.race([ended, untilAborted(signal)]);
    } finally {
      connected = false;
      stopped.abort();
      client.removeAllListeners('slack_event');
      await receiver.stop().catch(() => undefined);
      await within(CLOSE_MS, ended);
      over.abort();
      // A start that goes on would connect after the end, and nobody would close that connection.
      await within(CLOSE_MS, start);
      // Asked twice, bolt does not wait for the other side: it would keep the process for half a minute.
      await receiver.stop().catch(() => undefined);
    }
  }

  async function within(ms: number, promise: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const late = clock.sleep(ms, done.signal);
    await Promise.race([promise, late]).catch(() => undefined);
    done.abort();
    await late.catch(() => undefined);
  }

  return {
    ready: () => connected,
    run: async (signal) => {
      let failures = 0;
      while (!signal.aborted) {
        const began = clock.now();
        try {
          await once(signal);
        } catch (error) {
          if (signal.aborted) return;
          log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'no connection to Slack');
        }
        if (signal.aborted) return;
        if (clock.now() - began >= GOOD_MS) {
          failures = 0;
          continue;
        }
        failures += 1;
        await clock.sleep(backoffMs(RECONNECT, failures, random), signal).catch(() => undefined);
      }
    },
  };
}

/** @param over ends the calls and the connections of it, also those that are being made, which bolt cannot */
function receiverOf(
  { appToken, apiUrl, timeoutMs, boltLog, attach }: SocketModeOptions,
  over: AbortSignal,
): SocketModeReceiver {
  const clientOptions = {
    slackApiUrl: apiUrl,
    fetch: slackFetch(over),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    allowAbsoluteUrls: false,
  };
  const receiver = new SocketModeReceiver({
    appToken: appToken.reveal(),
    autoReconnectEnabled: false,
    logger: boltLog,
    // A WebSocket needs HTTP/1.1, on a connection of its own.
    dispatcher: new Agent({ allowH2: false, connect: { signal: over } }),
    installerOptions: { clientOptions },
  });
  guardFrames(receiver);
  attach(receiver);
  return receiver;
}

/** Lets only frames through that bolt can take. */
function guardFrames({ client }: SocketModeReceiver): void {
  const takers = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    const parsed = frame.safeParse(typeof data === 'string' ? parseJson(data) : undefined);
    if (!parsed.success) return;
    if (parsed.data.type === 'events_api' && !events.safeParse(parsed.data.payload).success) return;
    for (const take of takers) take(data, isBinary);
  });
}
