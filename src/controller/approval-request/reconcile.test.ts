import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { termsOf } from '../../core/decision/terms.ts';
import { reconcileRequest } from './reconcile.ts';

test('a request whose time is over waits until all votes that were cast in time are known', () => {
  const request = approvalRequest();
  const over = Date.parse(request.metadata.creationTimestamp ?? '') + 30 * 24 * 3_600_000;
  const at = (votesFreshAt: number) => {
    const terms = termsOf(approvalPolicy());
    const input = {
      request,
      votes: [],
      termsNow: () => request.spec.policies?.[0] ?? terms,
      now: over,
      retentionMs: 1e12,
    };
    const verdict = reconcileRequest({ ...input, votesFreshAt });
    return verdict.kind === 'Write' ? verdict.status.state : verdict.kind;
  };
  expect(at(over)).toBe('Expired');
  expect(at(Date.parse(request.metadata.creationTimestamp ?? ''))).not.toBe('Expired');
});
