import type { EcsDocument } from './ecs.ts';

/** One record, or one checkpoint, as receivers get it. */
export interface SinkMessage {
  /** `<ledger>/<seq>`: the same each time that it is sent, so that a receiver drops what it has. */
  readonly id: string;
  /** Of the record; of the last record for a checkpoint. */
  readonly seq: number;
  readonly kind: EcsDocument['sallyport']['kind'];
  readonly document: EcsDocument;
  /** The document as JSON, and how long that is in UTF-8. */
  readonly json: string;
  readonly bytes: number;
}

/** Why a sink takes nothing now: fewer than a dozen words, since each is a label of a metric. */
export const DELAY_CODES = [
  /** Nobody is there, the connection broke, or the certificate is not to be trusted. */
  'Unreachable',
  'Timeout',
  /** It asks to come back later: 429, or a queue that is full. */
  'Busy',
  /** 5xx. */
  'Unavailable',
  /** 401, 403: the token or the certificate. */
  'Unauthorized',
  /** What only the operator can mend: a path, an index or a bucket that is not there. */
  'Misconfigured',
  /** A file of ours, such as the token's, cannot be read. */
  'Unreadable',
  /** It refuses whatever it is sent, one harmless record by itself too. */
  'RefusesAll',
] as const;
export type DelayCode = (typeof DELAY_CODES)[number];

/** Why a sink would never take this batch. */
const REFUSAL_CODES = ['BadRequest', 'TooLarge'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Nothing of the batch counts as sent; it is sent again, after `afterMs` where the receiver said so. */
export class SinkDelayedError extends Error {
  override readonly name = 'SinkDelayedError';
  readonly code: DelayCode;
  readonly afterMs: number | undefined;

  constructor(code: DelayCode, message: string, afterMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.afterMs = afterMs;
  }
}

/** The receiver will not take this batch as it is, now or later. */
export class SinkRefusedError extends Error {
  override readonly name = 'SinkRefusedError';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Sent {
  /** Of the batch; the protocol does not say which, and forbids sending them again (OTLP partial success). */
  readonly rejected: number;
  readonly why?: string;
}

/** One receiver of evidence. It knows nothing of retries, cursors or pace, and several calls may run at once. */
export interface Sink {
  /**
   * Resolves when the receiver has taken all of it.
   *
   * @param batch at least one
   * @throws {SinkDelayedError} @throws {SinkRefusedError}
   */
  send(batch: readonly SinkMessage[], signal: AbortSignal): Promise<Sent>;
}
