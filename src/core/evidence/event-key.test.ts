import { expect, test } from 'vitest';
import { auditEvent } from '../../../test/builders/audit-events.ts';
import { eventKey } from './event-key.ts';

const event = auditEvent(1);

test('the same event has the same key, whatever else stands in it', () => {
  expect(eventKey(auditEvent(1, { annotations: {}, responseStatus: { code: 200, message: 'other' } }))).toBe(
    eventKey(event),
  );
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['audit id', { auditID: '3f2b6d0e-7c1d-4b7e-9a55-ffffffffffff' }],
  ['stage', { stage: 'ResponseStarted' }],
  ['time of the request', { requestReceivedTimestamp: '2026-01-01T00:00:00.000001Z' }],
  ['time of the stage', { stageTimestamp: '2026-01-01T00:00:00.000001Z' }],
  ['path', { requestURI: '/api/v1/namespaces/prod/pods/web-1' }],
  ['verb', { verb: 'delete' }],
  ['answer', { responseStatus: { code: 409 } }],
  ['user', { user: { ...event.user, username: 'mallory' } }],
  ['impersonated user', { impersonatedUser: { username: 'bob' } }],
])('another %s is another event', (_, change) => {
  expect(eventKey(auditEvent(1, change))).not.toBe(eventKey(event));
});
