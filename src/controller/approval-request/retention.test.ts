import { expect, test } from 'vitest';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT, endedStatus } from '../../../test/builders/approval-request.ts';
import type { Condition, RequestStatus } from '../../core/api/kinds.ts';
import { reconcileRequest } from './reconcile.ts';

const condition = (type: string): Condition => ({
  type,
  status: 'True',
  reason: 'x',
  message: 'x',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

test.each<[string, readonly string[], 'Delete' | 'Wait']>([
  ['is deleted', [], 'Delete'],
  ['is kept while a break-glass use is not acknowledged', ['BreakGlass'], 'Wait'],
  ['is deleted once its break-glass use is acknowledged', ['BreakGlass', 'Acknowledged'], 'Delete'],
])('a request whose retention is over %s', (_, types, expected) => {
  const status: RequestStatus = { ...endedStatus('Consumed', CREATED_AT), conditions: types.map(condition) };
  const now = CREATED_AT + 10_000;
  const verdict = reconcileRequest({
    request: approvalRequest({}, status),
    votes: [],
    termsNow: () => policyTerms(),
    now,
    votesFreshAt: now,
    retentionMs: 1_000,
  });
  expect(verdict.kind).toBe(expected);
});
