import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Connection } from './credentials.ts';
import { KubeResponseError, KubeUnreachableError } from './errors.ts';

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Sends a request and resolves with the response's head; its body is not read yet.
 *
 * A GET that met a kept-alive socket just as the server closed it is sent once more, on another socket. A write is not:
 * nobody knows whether it happened.
 *
 * @throws KubeUnreachableError for every failure of the transport
 * @throws the signal's reason, once it is aborted
 */
export async function exchange(connection: Connection, call: Exchange): Promise<IncomingMessage> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await send(connection, call);
    if (outcome.type === 'Response') return outcome.response;
    call.signal.throwIfAborted();
    if (outcome.staleSocket && call.method === 'GET' && attempt === 1) continue;
    throw new KubeUnreachableError(`${call.method} did not reach the API server`, { cause: outcome.cause });
  }
}

type Outcome =
  | { readonly type: 'Response'; readonly response: IncomingMessage }
  | { readonly type: 'Failure'; readonly cause: unknown; readonly staleSocket: boolean };

function send(connection: Connection, call: Exchange): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const request = (call.url.startsWith('http:') ? httpRequest : httpsRequest)(call.url, {
    method: call.method,
    agent: connection.agent,
    signal: call.signal,
    headers: {
      accept: 'application/json',
      'user-agent': 'sallyport',
      ...call.headers,
      ...connection.headers,
      ...(call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
    },
  });
  request.on('response', (response) => {
    resolve({ type: 'Response', response });
  });
  // Stays registered: an error after the response must not become an uncaught exception.
  request.on('error', (cause: NodeJS.ErrnoException) => {
    resolve({ type: 'Failure', cause, staleSocket: request.reusedSocket && cause.code === 'ECONNRESET' });
  });
  request.end(call.body);
  return promise;
}

/**
 * Reads a whole body of at most `limit` bytes.
 *
 * @throws KubeResponseError `TooLarge`; KubeUnreachableError when it breaks off; the signal's reason
 */
export async function readBody(response: IncomingMessage, limit: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new KubeResponseError('TooLarge', `the answer is larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    response.destroy();
    if (cause instanceof KubeResponseError) throw cause;
    signal.throwIfAborted();
    throw new KubeUnreachableError('the answer broke off', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}
