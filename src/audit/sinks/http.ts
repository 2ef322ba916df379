import { type PostAnswer, PostError, post } from '../../platform/http/post.ts';
import { SinkDelayedError, SinkRefusedError } from './sink.ts';

export interface HttpTarget {
  readonly url: string;
  /** PEM, read anew each time. */
  readonly ca?: () => Promise<string>;
  readonly timeoutMs: number;
}

/** @throws {SinkDelayedError} where no answer came, or a file cannot be read */
export async function postTo(
  { url, ca, timeoutMs }: HttpTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const authority = ca === undefined ? undefined : await readable('the authority', ca);
  const options = { url, headers: { 'user-agent': 'sallyport', ...headers }, body, timeoutMs };
  return await post({ ...options, ...(authority === undefined ? {} : { ca: authority }) }, signal).catch(
    (error: unknown) => {
      throw error instanceof PostError
        ? new SinkDelayedError(error.code, error.message, undefined, { cause: error })
        : error;
    },
  );
}

/**
 * Resolves for 2xx alone. What says that this very batch is wrong refuses it; whatever the operator can mend is waited for.
 *
 * @param detail what the receiver said of it, in words that are known to be harmless
 * @throws {SinkDelayedError} @throws {SinkRefusedError}
 */
export function assertTaken({ status, retryAfterMs }: PostAnswer, detail = ''): void {
  if (status >= 200 && status < 300) return;
  const why = `the receiver answered ${status}${detail === '' ? '' : `: ${detail}`}`;
  // RFC 9110: 413 Content Too Large, 422 Unprocessable Content.
  if (status === 413) throw new SinkRefusedError('TooLarge', why);
  if (status === 400 || status === 422) throw new SinkRefusedError('BadRequest', why);
  if (status === 401 || status === 403) throw new SinkDelayedError('Unauthorized', why, retryAfterMs);
  if (status === 408 || status === 429) throw new SinkDelayedError('Busy', why, retryAfterMs);
  if (status >= 500) throw new SinkDelayedError('Unavailable', why, retryAfterMs);
  throw new SinkDelayedError('Misconfigured', why, retryAfterMs);
}

/** Of an error's message; a path is no secret, and the operator needs it. */
const MOST = 300;

/** What `read` gives; its files may be rotated or missing, which delays and loses nothing. @throws {SinkDelayedError} */
export async function readable<Value>(what: string, read: () => Promise<Value>): Promise<Value> {
  return await read().catch((error: unknown) => {
    const why = error instanceof Error ? error.message.slice(0, MOST) : 'unknown';
    throw new SinkDelayedError('Unreadable', `the file with ${what} cannot be read: ${why}`, undefined, {
      cause: error,
    });
  });
}
