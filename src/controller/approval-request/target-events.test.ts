import { expect, test } from 'vitest';
import { execRequest } from '../../../test/builders/exec-request.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { emitOnTarget } from './target-events.ts';
import { createUsesSeen } from './use-events.ts';

const emitted = (request: Parameters<typeof emitOnTarget>[1]) => {
  const events = new FakeEvents();
  emitOnTarget(events, request, 'ApprovalAsked');
  return events.emitted;
};

test('the target hears who asks for what, without the command', () => {
  expect(
    emitted(execRequest({ action: { exec: { command: ['mysql', '-psecret'], stdin: true, tty: true } } })),
  ).toEqual([
    {
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'prod', name: 'web-0', uid: 'pod-uid' },
      type: 'Normal',
      reason: 'ApprovalAsked',
      action: 'Approval',
      note: 'alice asks for the approval of exec -it (request prod/exec-web-0)',
    },
  ]);
});

test.each([
  ['does not exist yet', { operation: 'CREATE' as const, object: { kind: 'Pod' } }],
  ['is of a kind that we do not know', { group: 'example.com', resource: 'widgets' }],
])('no object that %s is told', (_, action) => {
  expect(emitted(execRequest({ action }))).toEqual([]);
});

test('a use is new once, and none of what was there at the start is', () => {
  const use = { id: 'd', decision: 'd', at: '2026-01-01T10:05:00Z', username: 'alice' };
  const uses = createUsesSeen();
  expect(uses.newUses(execRequest({ status: { state: 'Consumed', uses: [use] } }))).toBe(0);
  expect(uses.newUses(execRequest({ name: 'other' }))).toBe(0);
  const used = execRequest({ name: 'other', status: { state: 'Consumed', uses: [use] } });
  expect(uses.newUses(used)).toBe(1);
  expect(uses.newUses(used)).toBe(0);
});
