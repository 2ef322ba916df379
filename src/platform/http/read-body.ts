import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Failure } from './send-json.ts';

export interface BodyLimits {
  /** The largest body, in bytes. */
  readonly maxBytes: number;
  /** How long a body may take to arrive, counted from the call. */
  readonly maxMs: number;
}

export interface ReadBodyOptions {
  readonly limits: BodyLimits;
  readonly budget: ByteBudget;
  readonly clock: Clock;
}

export type BodyResult =
  /** The whole body, as text and as it came. Its bytes stay in the budget until the answer is finished or the connection closed. */
  { readonly kind: 'read'; readonly text: string; readonly bytes: Buffer } | Unread;

export type BytesResult =
  /** As it came, whatever it is; in the budget as above. */
  | {
      readonly kind: 'read';
      readonly bytes: Buffer;
      /**
       * Gives their memory back at once, when nobody reads them any more: they are empty then. Otherwise large bodies pile up
       * until the collector of garbage is called for nothing else, over and over.
       */
      readonly discard: () => void;
    }
  | Unread;

type Unread =
  /** Answer with `sendRefusal`, which also closes the connection: the rest of the body is not wanted. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** The caller closed the connection; there is nobody to answer. */
  | { readonly kind: 'gone' };

/**
 * Reads a body as UTF-8 text and never holds more of it than the limits allow: the size is judged before buffering
 * (CVE-2026-44247: an unbounded admission body ended Volcano's webhook). Never throws. Authenticate before calling.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReadBodyOptions,
): Promise<BodyResult> {
  const body = await readBytes(request, response, options);
  if (body.kind !== 'read') return body;
  const { bytes } = body;
  return isUtf8(bytes) ? { kind: 'read', bytes, text: bytes.toString('utf8') } : refused(notUtf8);
}

/** The same for a body that need not be text. */
export function readBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, budget, clock }: ReadBodyOptions,
): Promise<BytesResult> {
  const refusal = refuseByHeaders(request, limits);
  if (refusal !== undefined) return Promise.resolve(refused(refusal));
  if (request.destroyed && !request.complete) return Promise.resolve({ kind: 'gone' });

  const share = budget.open();
  response.once('close', () => share.release());
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (result: BytesResult): void => {
      callOff();
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      request.on('error', ignore);
      if (result.kind !== 'read') share.release();
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) settle(refused(tooLarge(limits)));
      else if (share.take(chunk.length)) chunks.push(chunk);
      else settle(refused(overloaded));
    };
    const onEnd = (): void => {
      settle({ kind: 'read', ...joined(chunks, bytes) });
    };
    const onGone = (): void => settle({ kind: 'gone' });

    const callOff = clock.after(limits.maxMs, () => settle(refused(tooSlow(limits))));
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

/** Memory that nothing else is in: that of a single chunk belongs to the connection. */
function joined(chunks: readonly Buffer[], length: number): { bytes: Buffer; discard: () => void } {
  if (chunks.length === 1 && chunks[0] !== undefined) return { bytes: chunks[0], discard: ignore };
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(bytes, at);
  return { bytes, discard: () => void bytes.buffer.transfer(0) };
}

function refuseByHeaders(request: IncomingMessage, limits: BodyLimits): Failure | undefined {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  // A compressed body would have to be unpacked before its size is known.
  if (encoding.toLowerCase() !== 'identity') return encoded;
  return Number(request.headers['content-length'] ?? 0) > limits.maxBytes ? tooLarge(limits) : undefined;
}

function refused(failure: Failure): Unread {
  return { kind: 'refused', failure };
}

function tooLarge({ maxBytes }: BodyLimits): Failure {
  return { code: 413, reason: 'RequestEntityTooLarge', message: `the body is larger than ${maxBytes} bytes` };
}

function tooSlow({ maxMs }: BodyLimits): Failure {
  return { code: 408, reason: 'Timeout', message: `the body did not arrive within ${maxMs / 1000} s` };
}

const encoded: Failure = {
  code: 415,
  reason: 'UnsupportedMediaType',
  message: 'only bodies without a content encoding are read',
};

const notUtf8: Failure = { code: 400, reason: 'BadRequest', message: 'the body is not valid UTF-8' };

const overloaded: Failure = {
  code: 503,
  reason: 'ServiceUnavailable',
  message: 'too many bytes of other requests are being read; try again',
};

function ignore(): void {}
