import type { ServerResponse } from 'node:http';

/**
 * The codes that we answer with. There is no 3xx among them: an API server that follows a redirect of a webhook can be
 * made to fetch internal URLs (CVE-2020-8561).
 */
export type AnswerCode =
  | 200
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 500
  | 502
  | 503
  | 504;

/** A failure as a Kubernetes `metav1.Status`, which is what client-go and kubectl know how to show. */
export interface Failure {
  readonly code: Exclude<AnswerCode, 200>;
  /** A `metav1.StatusReason`, such as `NotFound`. */
  readonly reason: string;
  /** For people; never the text of an exception, which may quote what was sent. */
  readonly message: string;
}

/**
 * Ends `response` with `body` as JSON. Headers that are already set are kept.
 *
 * @throws RangeError for a body nested deeper than V8 can serialise; nothing was sent then.
 */
export function sendJson(response: ServerResponse, code: AnswerCode, body: unknown): void {
  sendText(response, code, 'application/json', JSON.stringify(body));
}

export function sendFailure(response: ServerResponse, failure: Failure): void {
  sendJson(response, failure.code, statusOf(failure));
}

export function sendText(response: ServerResponse, code: AnswerCode, contentType: string, text: string): void {
  writeAnswerHead(response, code, contentType, Buffer.byteLength(text));
  response.end(text);
}

export function writeAnswerHead(response: ServerResponse, code: AnswerCode, contentType: string, bytes: number): void {
  response.writeHead(code, {
    'Content-Type': contentType,
    'Content-Length': bytes,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
}

export function statusOf(failure: Failure): object {
  const { code, reason, message } = failure;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
