import { pino } from 'pino';
import { systemClock } from '../clock/system-clock.ts';
import { createBatchedLines, fileSink } from './batched-lines.ts';

/** Static messages, facts as fields; never a body, a token or a key. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * JSON lines on standard error, so that standard output stays the program's own.
 *
 * @param lost is told how many lines could not be written
 */
export function createLogger(level: LogLevel, lost: (lines: number) => void): Logger {
  // Not pino's own destination: it takes three times as long over a line. That Node opens its stream for standard error makes
  // a pipe or a socket non-blocking, as the sink needs it.
  const lines = createBatchedLines(fileSink(process.stderr.fd), systemClock, lost);
  process.once('exit', () => lines.flushSync());
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, lines);
}

/** For tests and tools that have nothing to say. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
