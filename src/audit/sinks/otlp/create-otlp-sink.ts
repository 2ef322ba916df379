import type { PostAnswer } from '../../../platform/http/post.ts';
import type { Secret } from '../../../platform/telemetry/redact.ts';
import { assertTaken, type HttpTarget, postTo, readable } from '../http.ts';
import { type Sent, type Sink, SinkDelayedError } from '../sink.ts';
import { otlpRequest } from './otlp-request.ts';

export interface OtlpSinkOptions extends HttpTarget {
  /** The value of the `Authorization` header, such as `Bearer …`, read anew each time. */
  readonly authorization?: () => Promise<Secret<string>>;
}

/**
 * OTLP logs over HTTP with JSON: https://opentelemetry.io/docs/specs/otlp/#otlphttp. By hand rather than by the SDK: its
 * exporter swallows what the receiver rejects, and its batcher drops what it cannot send.
 */
export function createOtlpSink({ authorization, ...target }: OtlpSinkOptions): Sink {
  return {
    send: async (batch, signal) => {
      const headers = {
        'content-type': 'application/json',
        ...(authorization === undefined
          ? {}
          : { authorization: headerValue(await readable('the token', authorization)) }),
      };
      const answer = await postTo(target, headers, otlpRequest(batch), signal);
      assertTaken(answer);
      return partialSuccess(answer);
    },
  };
}

function headerValue(secret: Secret<string>): string {
  const value = secret.reveal();
  // Node would quote it in its error.
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new SinkDelayedError('Unreadable', 'the file with the token holds more than one line of ASCII');
  return value;
}

/** Of somebody else's text, for the log. */
const MOST_WORDS = 300;

/**
 * "The client MUST NOT retry the request when it receives a partial success response where the `partial_success` is
 * populated"; `rejected_log_records` says how many, not which.
 */
function partialSuccess({ text }: PostAnswer): Sent {
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || !('partialSuccess' in body)) return { rejected: 0 };
  const { partialSuccess: partial } = body;
  if (typeof partial !== 'object' || partial === null) return { rejected: 0 };
  const rejected = 'rejectedLogRecords' in partial ? Number(partial.rejectedLogRecords) : 0;
  const why = 'errorMessage' in partial ? String(partial.errorMessage) : '';
  return { rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0, why: why.slice(0, MOST_WORDS) };
}

/** "The response body MUST be the appropriate serialized Protobuf message": in JSON, for a request in JSON; some send none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
