import { backoffMs } from '../../core/api/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Listener } from './listener.ts';

/** The first wait is short: a process that is replaced still drains. The last bounds how long a port that is free stays unused. */
const BACKOFF = { baseMs: 1_000, capMs: 60_000 };

export interface ListeningOptions {
  /** For the log: `the console`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Called for each try that failed, with the words of it. */
  readonly onFailure?: (why: string) => void;
}

/**
 * Starts a listener that nobody's gate depends on, as soon as its address is free. A role that threw for it would end the
 * process, and the gate with it where that is the same one.
 *
 * @returns undefined when the signal came first
 */
export async function untilListening(
  listener: Pick<Listener, 'start'>,
  { what, host, port, random, onFailure }: ListeningOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await listener.start();
    } catch (error) {
      // Only what the operating system says of the address: anything else is a mistake in the program.
      if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) throw error;
      const waitMs = backoffMs(BACKOFF, failures, random);
      log.error({ host, port, err: error.message, retryMs: Math.round(waitMs) }, `${what} cannot listen`);
      onFailure?.(`cannot listen on ${host} port ${port}: ${String(error.code)}`);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}
