import type { AuditConfig } from '../../platform/config/audit.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Process } from '../process.ts';

/** What every part of the audit role is wired from. */
export interface AuditContext {
  readonly process: Process;
  readonly options: AuditConfig;
  readonly ledger: Ledger;
}

/** The receiver, the index, a sink, the detectors …: it runs until the signal, and its fatal error ends the process. */
export interface AuditPart {
  readonly name: string;
  ready(): boolean;
  run(signal: AbortSignal): Promise<void>;
}
