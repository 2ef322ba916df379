import { z } from 'zod';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SlackEvents } from './slack-events.ts';
import { SlackRefusedError, type SlackApi } from './web-api.ts';

export interface TokenCheckPorts {
  readonly api: SlackApi;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Logger;
  readonly events: Pick<SlackEvents, 'token'>;
}

/** A token that somebody revokes is noticed before the next request needs it. */
const EVERY_MS = 3_600_000;

/**
 * Says at the start, and each hour, whether Slack takes the bot token: otherwise the first to learn of a wrong one would be
 * whoever waits for an approval. Runs until the signal, and never rejects.
 */
export async function checkToken({ api, clock, log, events }: TokenCheckPorts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await api.call('auth.test', {}, z.object({}), signal);
      events.token(false);
    } catch (error) {
      if (signal.aborted) return;
      const err = error instanceof Error ? error.message : 'unknown';
      if (error instanceof SlackRefusedError) events.token(true, err);
      else log.warn({ err }, 'Slack cannot be asked about the bot token');
    }
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}
