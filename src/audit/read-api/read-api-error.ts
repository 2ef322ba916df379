import type { Failure } from '../../platform/http/send-json.ts';

/** A refusal that the caller is told as it is. */
export class ReadApiError extends Error {
  override readonly name = 'ReadApiError';
  readonly code: string;
  readonly failure: Failure;
  /** When it may be tried again (`Retry-After`, RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: Failure['code'],
    reason: string,
    message: string,
    options?: ErrorOptions & { readonly retryAfterSeconds?: number },
  ) {
    super(message, options);
    this.code = reason;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.failure = { code, reason, message };
  }
}

export function badRequest(message: string): ReadApiError {
  return new ReadApiError(400, 'BadRequest', message);
}
