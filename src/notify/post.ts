import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DeliveryDelayedError } from './channel.ts';

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM of the authority of the server, where it is not a public one. */
  readonly ca?: string;
  /** For all of it, in milliseconds. */
  readonly timeoutMs: number;
}

export interface PostAnswer {
  readonly status: number;
  /** What the server says of coming back, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** An answer is read this far, for the connection's sake; nothing of it is used or shown. */
const ANSWER_BYTES = 64 * 1024;

/**
 * One POST. Redirects are not followed: where a message goes is said by the configuration alone. No message of an error
 * holds the URL, which may be a secret.
 *
 * @throws {DeliveryDelayedError} where no answer came
 */
export async function post(
  { url, headers, body, ca, timeoutMs }: PostOptions,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const target = new URL(url);
  const send = target.protocol === 'http:' ? httpRequest : httpsRequest;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return await new Promise((resolve, reject) => {
    const fail = (error: Error & { readonly code?: string }) =>
      reject(
        new DeliveryDelayedError(
          limit.aborted && !signal.aborted ? `no answer in ${timeoutMs / 1000} s` : (error.code ?? 'connection failed'),
          undefined,
          { cause: error },
        ),
      );
    const outgoing = send(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal: limit,
        agent: false,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > ANSWER_BYTES) response.destroy();
        });
        response.on('error', fail);
        response.on('close', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfterMs: retryAfter(response.headers['retry-after'], Date.parse(response.headers.date ?? '')),
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
