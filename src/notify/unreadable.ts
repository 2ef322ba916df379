import { DeliveryDelayedError } from './channel.ts';

/** What the status of a request holds of it. */
const LIMIT = 300;

/**
 * A file of the configuration cannot be read, or holds something else. Its path is no secret, and the operator needs it;
 * what reads files says nothing of what is in them.
 */
export function unreadable(what: string, cause: unknown): DeliveryDelayedError {
  const why = cause instanceof Error ? cause.message : 'unknown';
  return new DeliveryDelayedError(`the file with ${what} cannot be read: ${why.slice(0, LIMIT)}`, undefined, { cause });
}
