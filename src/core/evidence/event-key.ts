import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event.ts';

/**
 * By what a redelivered event is known (DESIGN §5). Not by auditID and stage alone: a client chooses its Audit-ID, and could
 * hide what it does next behind one that was used before.
 *
 * @returns 32 hexadecimal digits
 */
export function eventKey(event: AuditEvent): string {
  const { auditID, stage, requestReceivedTimestamp, stageTimestamp, requestURI, user, impersonatedUser } = event;
  const parts = [
    auditID,
    stage,
    requestReceivedTimestamp,
    stageTimestamp,
    requestURI,
    user.username,
    impersonatedUser?.username,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
