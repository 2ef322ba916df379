import type { Process } from '../process.ts';

/** Between two looks. */
const RETRY_MS = 10_000;

/**
 * What `read` gives, as soon as its files are there and usable. A role that threw for them would end the process, and the
 * gate with it where that is the same one.
 *
 * @param what for the log: `the secrets of Slack`
 * @returns undefined when the signal came first
 */
export async function whenReadable<Value>(
  what: string,
  read: () => Promise<Value>,
  { clock, log }: Pick<Process, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  while (!signal.aborted) {
    try {
      return await read();
    } catch (error) {
      log.error({ err: error instanceof Error ? error.message : 'unknown' }, `${what} cannot be read`);
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
  return undefined;
}
