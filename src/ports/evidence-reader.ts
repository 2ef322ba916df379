import type { EvidencePage, EvidenceQuery } from '../core/evidence/query.ts';

/** Looks up what the ledgers hold: the index of this process, or the read API of the audit role. */
export interface EvidenceReader {
  /** @throws EvidenceError BadQuery: `after` is no cursor of ours, a time is none. Unavailable. */
  find(query: EvidenceQuery, signal: AbortSignal): Promise<EvidencePage>;
}

export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  readonly code: 'BadQuery' | 'Unavailable';

  constructor(code: EvidenceError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
