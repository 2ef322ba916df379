import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { Process, Role } from '../process.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';

/** One line a part; each part is wired in a file of its own beside this one (`audit-<part>.ts`). */
const PARTS: readonly ((context: AuditContext) => AuditPart | undefined)[] = [];

/** Keeps the evidence, where a ledger is configured. */
export function auditRole({ config }: Process): Role {
  if (config.audit === undefined) return { name: 'audit', ready: () => true, run: untilAborted };
  throw new Error(`the ledger is opened here, for ${PARTS.length} parts`);
}
