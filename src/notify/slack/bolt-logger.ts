import { LogLevel, type Logger as Bolt } from '@slack/bolt';
import type { Logger } from '../../platform/telemetry/logger.ts';

export type BoltLogger = Bolt;

const LONGEST = 300;

/** What bolt says, in our log. Its debug lines hold whole payloads and stay away; tokens never leave this function. */
export function boltLogger(log: Logger): BoltLogger {
  const say = (write: (fields: object, message: string) => void, parts: readonly unknown[]): void =>
    write(
      {
        said: parts
          .map(String)
          .join(' ')
          .replaceAll(/xox[a-z]-[\w-]+|xapp-[\w-]+/g, '[redacted]')
          .slice(0, LONGEST),
      },
      'bolt',
    );
  return {
    debug: () => undefined,
    info: (...parts) => say((fields, message) => log.debug(fields, message), parts),
    warn: (...parts) => say((fields, message) => log.debug(fields, message), parts),
    error: (...parts) => say((fields, message) => log.warn(fields, message), parts),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
