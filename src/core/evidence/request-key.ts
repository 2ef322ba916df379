import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event.ts';

/**
 * Equal for all stages of one request to the API server. Whoever calls it chooses its auditID: alone it would make two requests
 * one.
 *
 * @returns 32 hexadecimal digits
 */
export function requestKey(event: AuditEvent): string {
  const { auditID, requestReceivedTimestamp, requestURI, user, impersonatedUser } = event;
  // As JSON text, which a lone surrogate has as well.
  const parts = [auditID, requestReceivedTimestamp, requestURI, user.username, impersonatedUser?.username];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
