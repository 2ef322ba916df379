import { hash } from 'node:crypto';
import type { AuditEvent } from './audit-event.ts';

/** Hexadecimal digits. */
export const EVENT_KEY_LENGTH = 32;

/**
 * By what a redelivered event is known (DESIGN §5). Not by auditID and stage alone: a client chooses its Audit-ID, and could
 * hide what it does next behind one that was used before, or what succeeds behind what is refused beside it.
 *
 * @returns 32 hexadecimal digits
 */
export function eventKey(event: AuditEvent): string {
  const { auditID, stage, requestReceivedTimestamp, stageTimestamp, requestURI, verb } = event;
  const parts = [
    auditID,
    stage,
    requestReceivedTimestamp,
    stageTimestamp,
    requestURI,
    verb,
    event.user.username,
    event.impersonatedUser?.username,
    event.responseStatus?.code,
  ];
  return eventKeyOf(JSON.stringify(parts));
}

/** @param parts the JSON that `eventKey` makes of its parts, as text or in UTF-8 */
export function eventKeyOf(parts: string | Uint8Array): string {
  return hash('sha256', parts).slice(0, EVENT_KEY_LENGTH);
}
