import { expect, test } from 'vitest';
import { auditEvent } from '../../../test/builders/audit-event.ts';
import type { AuditEvent } from './audit-event.ts';
import { requestKey } from './request-key.ts';

const EVENT = auditEvent();

test('is equal for all stages of a request', () => {
  const later: AuditEvent = { ...EVENT, stage: 'ResponseStarted', stageTimestamp: '2027-01-01T00:00:00.000000Z' };
  expect(requestKey(later)).toBe(requestKey(EVENT));
  expect(requestKey(EVENT)).toMatch(/^[0-9a-f]{32}$/);
});

test.each<[string, Partial<AuditEvent>]>([
  ['of another audit id', { auditID: 'other' }],
  ['of another time', { requestReceivedTimestamp: '2026-01-01T00:00:09.000000Z' }],
  ['of another URI', { requestURI: '/api/v1/namespaces/other' }],
  ['of another user', { user: { username: 'other' } }],
  ['in the name of somebody', { impersonatedUser: { username: 'other' } }],
])('is another for a request %s', (_what, change) => {
  expect(requestKey({ ...EVENT, ...change })).not.toBe(requestKey(EVENT));
});
