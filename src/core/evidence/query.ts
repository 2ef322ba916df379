import type { EvidenceKind, EvidenceRecord } from './evidence-record.ts';

/** What to find; all that is given must hold. Newest first, unless `order` says otherwise. */
export interface EvidenceQuery {
  readonly kinds?: readonly EvidenceKind[];
  readonly user?: string;
  /** Whoever it was then, and by today's people map where the record says nobody (`isByPerson`). */
  readonly person?: string;
  readonly verb?: string;
  /** `pods/exec`; with its group where it has one. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** namespace/name of an ApprovalRequest. */
  readonly request?: string;
  readonly decision?: string;
  readonly outcome?: string;
  /** RFC 3339; of when it happened, inclusive. */
  readonly since?: string;
  /** RFC 3339; exclusive. */
  readonly until?: string;
  readonly order?: 'NewestFirst' | 'OldestFirst';
  /** At most so many, up to MAX_FOUND. */
  readonly limit: number;
  /** `next` of an earlier page of the same query. */
  readonly after?: string;
}

/** A page is held in memory as a whole, by us and by whoever asks. */
export const MAX_FOUND = 500;

export interface Found {
  /** UUID of the ledger that holds it: `seq` counts within one. */
  readonly ledger: string;
  readonly record: EvidenceRecord;
}

/** A record that the index knows, and whose line is not what it was: nothing of it is shown. */
export interface Unreadable {
  readonly ledger: string;
  readonly seq: number;
  readonly id: string;
  /** `Gone`: its segment was removed, and the index is about to notice. `Changed`: somebody has written into it. */
  readonly why: 'Changed' | 'Gone';
}

export interface EvidencePage {
  readonly found: readonly Found[];
  /** Absent where all could be read. Whoever shows the page shows these too, or says that there are some. */
  readonly unreadable?: readonly Unreadable[];
  /** Records that are durable and cannot be found yet: absent where they are few. */
  readonly behind?: number;
  /** Absent on the last page. */
  readonly next?: string;
}
