import { expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../../test/builders/approval-request.ts';
import { milestones } from './milestones.ts';
import { reconcileRequest } from './reconcile.ts';

const terms = policyTerms({
  stages: [{ ...stage('oncall', 1), escalateAfterSeconds: 600, escalateTo: [{ ...SRE, name: 'leads' }] }],
});

test('a request is looked at the moment its stage escalates, and that is said once', () => {
  const request = approvalRequest({ policies: [terms] });
  const at = (from: typeof request, ms: number) =>
    reconcileRequest({
      request: from,
      votes: [],
      termsNow: () => terms,
      now: CREATED_AT + ms,
      votesFreshAt: CREATED_AT + ms,
      retentionMs: 1e12,
    });
  const first = at(request, 0);
  const opened = { ...request, ...(first.kind === 'Write' ? { status: first.status } : {}) };
  expect(at(opened, 1_000)).toEqual({ kind: 'Wait', ms: 599_000 });
  const escalated = at(opened, 600_000);
  expect(escalated).toMatchObject({ kind: 'Write', status: { state: 'Pending' } });
  const after = { ...request, ...(escalated.kind === 'Write' ? { status: escalated.status } : {}) };
  expect(milestones(opened, after)).toEqual([
    {
      type: 'Escalated',
      message: 'stage oncall of policy prod-shells was not approved in time; group leads may approve too',
    },
  ]);
  expect(milestones(after, after)).toEqual([]);
  expect(at(after, 601_000)).toEqual({ kind: 'Wait', ms: 2_999_000 });
});
