import type { ServerResponse } from 'node:http';

/** The reason of the signal: whoever asked has closed the connection and will not see the answer. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
  readonly code = 'CallerGone';

  constructor() {
    super('the caller closed the connection before the answer');
  }
}

/**
 * Fires when the caller's socket closes before the answer was written out whole. The API server closes the socket of a
 * webhook call as soon as its own caller goes away or its timeout passes, so this is how we learn of both.
 */
export function callerSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new CallerGoneError());
  });
  return controller.signal;
}
