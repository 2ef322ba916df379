import type { Failure } from '../../platform/http/send-json.ts';

/** A refusal that the caller is told as it is. */
export class ReadApiError extends Error {
  override readonly name = 'ReadApiError';
  readonly code: string;
  readonly failure: Failure;

  constructor(code: Failure['code'], reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = reason;
    this.failure = { code, reason, message };
  }
}

export function badRequest(message: string): ReadApiError {
  return new ReadApiError(400, 'BadRequest', message);
}
