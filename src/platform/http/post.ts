import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface PostOptions {
  readonly url: string;
  readonly method?: 'POST' | 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** PEM of the authority of the server, where it is not a public one. */
  readonly ca?: string;
  /** For all of it, in milliseconds. */
  readonly timeoutMs: number;
}

export interface PostAnswer {
  readonly status: number;
  /** What the server says of coming back, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Its first 64 KiB. It is somebody else's text: nothing of it is shown as it is. */
  readonly text: string;
}

/** No answer came. No message of it holds the URL, which may be a secret. */
export class PostError extends Error {
  override readonly name = 'PostError';
  readonly code: 'Timeout' | 'Unreachable';

  constructor(code: PostError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An answer is read this far: some say there what was wrong. */
const ANSWER_BYTES = 64 * 1024;

/**
 * One request, a POST if nothing else is said. Redirects are not followed: where a message goes is said by the configuration alone.
 *
 * @throws {PostError} where no answer came
 */
export async function post(
  { url, method = 'POST', headers, body, ca, timeoutMs }: PostOptions,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const target = new URL(url);
  const send = target.protocol === 'http:' ? httpRequest : httpsRequest;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return await new Promise((resolve, reject) => {
    const fail = (error: Error & { readonly code?: string }) =>
      reject(
        limit.aborted && !signal.aborted
          ? new PostError('Timeout', `no answer in ${timeoutMs / 1000} s`, { cause: error })
          : new PostError('Unreachable', error.code ?? 'connection failed', { cause: error }),
      );
    const outgoing = send(
      target,
      {
        method,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal: limit,
        agent: false,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > ANSWER_BYTES) response.destroy();
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('close', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfterMs: retryAfter(response.headers['retry-after'], Date.parse(response.headers.date ?? '')),
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

/** RFC 9110 §10.2.3: seconds, or a date; the date is measured by the server's own clock. */
function retryAfter(header: string | undefined, serverNow: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header) - serverNow;
  return Number.isNaN(at) ? undefined : Math.max(0, at);
}
