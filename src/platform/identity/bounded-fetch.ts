import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { OidcUnavailableError } from './oidc-error.ts';

/** The largest answer of a provider that is read: discovery, keys and tokens are a few kilobytes. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export type BoundedFetch = (url: string, options: FetchOptions) => Promise<Response>;

/**
 * `fetch` as far as an OIDC client needs it, with an authority of our own, which the global one cannot have, and with a
 * bound on what it reads. Redirects are answers like others.
 *
 * @param caPem instead of the public authorities
 * @throws {OidcUnavailableError} for every failure of the transport, and for 429 and 5xx, which say nothing about anybody
 */
export function createBoundedFetch(caPem?: string): BoundedFetch {
  return async (url, { method, headers, body, signal }) => {
    const text = body === undefined || body === null ? undefined : bodyText(body);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const options = {
      method,
      headers: { 'user-agent': 'sallyport', ...headers, ...lengthOf(text) },
      ...(signal === undefined ? {} : { signal }),
    };
    const request = url.startsWith('http:')
      ? httpRequest(url, options, resolve)
      : httpsRequest(url, { ...options, ...(caPem === undefined ? {} : { ca: caPem }) }, resolve);
    // Stays registered: an error after the answer must not become an uncaught exception.
    request.on('error', reject);
    request.end(text);
    try {
      const response = await promise;
      const bytes = await read(response);
      const status = response.statusCode ?? 0;
      if (status === 429 || status >= 500) throw new OidcUnavailableError(`the OIDC provider answers with ${status}`);
      const empty = status === 204 || status === 304;
      return new Response(empty ? null : bytes.toString('utf8'), { status, headers: headersOf(response) });
    } catch (cause) {
      if (cause instanceof OidcUnavailableError) throw cause;
      throw new OidcUnavailableError('the OIDC provider cannot be reached', { cause });
    }
  };
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) {
      response.destroy();
      throw new OidcUnavailableError(`the OIDC provider answers with more than ${MAX_RESPONSE_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function bodyText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('only texts and forms are sent to an OIDC provider');
}

function lengthOf(text: string | undefined): Record<string, string> {
  return text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
}

function headersOf({ headers }: IncomingMessage): Headers {
  const result = new Headers();
  for (const name of ['content-type', 'www-authenticate', 'location', 'cache-control']) {
    const value = headers[name];
    if (typeof value === 'string') result.set(name, value);
  }
  return result;
}
