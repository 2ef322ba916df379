/** A `StatusDetails` of apimachinery's metav1, the part that callers read. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
}

/** The API server answered, and the answer was no. `reason` is a metav1.StatusReason such as `Conflict`. */
export class KubeApiError extends Error {
  readonly code = 'KubeApiError';
  override readonly name = 'KubeApiError';
  /** The HTTP status; 0 never occurs. */
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(status: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}

/** No answer: refused, reset, timed out, not trusted. A write may or may not have happened. */
export class KubeUnreachableError extends Error {
  readonly code = 'KubeUnreachable';
  override readonly name = 'KubeUnreachableError';
}

/** An answer that cannot be used: too large, or not what the API promises. Never read as an empty one. */
export class KubeResponseError extends Error {
  readonly code = 'KubeResponse';
  override readonly name = 'KubeResponseError';
  readonly problem: 'TooLarge' | 'Malformed';

  constructor(problem: 'TooLarge' | 'Malformed', message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** The kubeconfig, or the ServiceAccount's files, cannot be used. */
export class KubeConfigError extends Error {
  readonly code = 'KubeConfig';
  override readonly name = 'KubeConfigError';
}

/** Longest part of a foreign message that goes on into ours. */
const MAX_MESSAGE = 2048;

/** Reads a metav1.Status body; anything else becomes reason `Unknown` with a bounded excerpt. Never throws. */
export function apiErrorFrom(status: number, body: string): KubeApiError {
  return statusError(parse(body), status, body);
}

/** As `apiErrorFrom`, for the Status object inside a watch's ERROR event. */
export function statusError(value: unknown, fallbackStatus: number, fallbackMessage: string): KubeApiError {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'Status') {
    return new KubeApiError(fallbackStatus, 'Unknown', bounded(oneLine(fallbackMessage)) || `HTTP ${fallbackStatus}`);
  }
  const { code, reason, message, details } = value as Record<string, unknown>;
  return new KubeApiError(
    typeof code === 'number' ? code : fallbackStatus,
    typeof reason === 'string' && reason !== '' ? reason : 'Unknown',
    typeof message === 'string' ? bounded(message) : `HTTP ${fallbackStatus}`,
    typeof details === 'object' && details !== null ? details : undefined,
  );
}

/** True for a KubeApiError with that HTTP status: 404 not found, 409 conflict or already exists, 410 gone. */
export function isApiError(error: unknown, status: number): error is KubeApiError {
  return error instanceof KubeApiError && error.status === status;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Of the text that a proxy, or the API server in place of an aggregated API, answers: it ends with a newline. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

function bounded(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`;
}
