import type { Alarm } from './alarm.ts';
import type { AuditEvent } from './audit-event.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { PolicyChange, RequestChange, UseGivenBack, UseMade, VoteCast } from './happenings.ts';

/** What each kind of record holds. `Segment` is the ledger's own: the first record of each file. */
export interface EvidenceData {
  readonly Segment: SegmentStart;
  readonly Decision: DecisionRecord;
  readonly Request: RequestChange;
  readonly Vote: VoteCast;
  readonly Use: UseMade;
  readonly GivenBack: UseGivenBack;
  readonly Policy: PolicyChange;
  readonly AuditEvent: AuditEvent;
  readonly Alarm: Alarm;
}

export type EvidenceKind = keyof EvidenceData;

export const EVIDENCE_KINDS = [
  'Segment',
  'Decision',
  'Request',
  'Vote',
  'Use',
  'GivenBack',
  'Policy',
  'AuditEvent',
  'Alarm',
] as const satisfies readonly EvidenceKind[];

/**
 * What somebody asks the ledger to keep. `id` says what it is about, and is the same when the same thing is told again:
 * `decision/<id>`, `vote/<uid>`, `use/<decision>`, `request/<uid>/<state>`, `policy/<uid>/<generation>`, `event/<key>`,
 * `given-back/<decision>`, `alarm/<kind>/<request of the event, or decision>`. With
 * `/unsealed` behind it for what is not genuine, and `/unrecorded` for a decision that was refused since it was not kept.
 */
export type Submission = {
  readonly [K in Exclude<EvidenceKind, 'Segment'>]: {
    readonly kind: K;
    readonly id: string;
    readonly data: EvidenceData[K];
    /**
     * The JSON of `data`, where whoever submits it has that already: one line, no key twice, and what JSON.parse makes of it is
     * `data`. It is written as it is, which spares a JSON.stringify; of bytes, even to make a text of them.
     */
    readonly json?: string | JsonBytes;
  };
}[Exclude<EvidenceKind, 'Segment'>];

/** JSON in UTF-8 that stands among other bytes. Nobody writes into them any more. */
export interface JsonBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** One line of the ledger (docs/ledger.md). */
export type EvidenceRecord = {
  readonly [K in EvidenceKind]: {
    /** From 1, without a gap, over all segments of one ledger. */
    readonly seq: number;
    /** SHA-256 of the line before, in hexadecimal; 64 zeros before the first. */
    readonly prev: string;
    /** When it was written: RFC 3339, UTC, milliseconds. Never before the record above. */
    readonly time: string;
    readonly kind: K;
    readonly id: string;
    readonly data: EvidenceData[K];
  };
}[EvidenceKind];

export interface SegmentStart {
  readonly format: 'sallyport-ledger/v1';
  /** UUID of the ledger: several replicas keep one each. */
  readonly ledger: string;
  /** SHA-256 of the public key (SPKI DER) that will sign, in hexadecimal. */
  readonly key: string;
}
