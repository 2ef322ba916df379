import type { SharedRecords } from '../../audit/index/evidence-index.ts';
import type { Unreadable } from '../../core/evidence/query.ts';
import type { OpenLedger } from '../../audit/ledger/open-ledger.ts';
import type { AuditConfig } from '../../platform/config/audit.ts';
import type { EvidenceReader } from '../../ports/evidence-reader.ts';
import type { Process } from '../process.ts';

/** What every part of the audit role is wired from. */
export interface AuditContext {
  readonly process: Process;
  readonly options: AuditConfig;
  readonly ledger: OpenLedger;
  readonly evidence: Evidence;
}

/** What the index gives to the other parts. */
export interface Evidence {
  /** Says Unavailable where no index is configured, and while it is not open. */
  readonly reader: EvidenceReader;
  /** Number of the last record that is indexed; undefined where no index is configured. */
  indexed(): number | undefined;
  /** Of all replicas, where one index holds them; undefined while it is not open, and where each has its own. */
  shared(): SharedRecords | undefined;
  unreadable(record: Unreadable): void;
  /** Retention has removed the segments below `seq`. */
  forget(seq: number): Promise<void>;
}

/** The receiver, the index, a sink, the detectors …: it runs until the signal, and its fatal error ends the process. */
export interface AuditPart {
  readonly name: string;
  ready(): boolean;
  run(signal: AbortSignal): Promise<void>;
}
