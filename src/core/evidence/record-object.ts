import type { Unreadable } from './query.ts';
import type { Entry } from './entry.ts';
import type { EvidenceRecord } from './evidence-record.ts';

/** The group of the aggregated API under which evidence is read (DESIGN §5). */
export const EVIDENCE_GROUP = 'evidence.sallyport.dev';
export const EVIDENCE_VERSION = 'v1alpha1';
export const EVIDENCE_API_VERSION = `${EVIDENCE_GROUP}/${EVIDENCE_VERSION}`;
export const RECORDS = 'records';

/** A record of the ledger as that API shows it; nobody can write one. */
export interface RecordObject {
  readonly apiVersion: typeof EVIDENCE_API_VERSION;
  readonly kind: 'Record';
  readonly metadata: {
    /** Says when, which and of which ledger: `nameOfRecord`. */
    readonly name: string;
    /** Of what it is about; absent where that has none, which only who may read all namespaces sees. */
    readonly namespace?: string;
    /** When it happened, in whole seconds. */
    readonly creationTimestamp: string;
  };
  /** UUID of the ledger that holds it. */
  readonly ledger: string;
  /** By what it is found. */
  readonly entry: Entry;
  /** As it stands in the ledger. */
  readonly record: EvidenceRecord;
}

export interface RecordList {
  readonly apiVersion: typeof EVIDENCE_API_VERSION;
  readonly kind: 'RecordList';
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly RecordObject[];
  readonly unreadable?: readonly Unreadable[];
  /** Records of the ledger that is asked which the index has not taken in yet: absent where they are few. */
  readonly behind?: number;
}
