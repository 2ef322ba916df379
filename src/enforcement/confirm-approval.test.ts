import { describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../test/builders/approval-request.ts';
import { approvalVote } from '../../test/builders/approval-vote.ts';
import { SETTINGS } from '../../test/builders/decision-world.ts';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../core/api/kinds.ts';
import { timestamp } from '../core/approval/approval-state.ts';
import { foldVotes } from '../core/approval/fold-votes.ts';
import { FakeApprovals } from '../ports/fake-approvals.ts';
import { FakeClock } from '../ports/fake-clock.ts';
import { isConfirmed } from './confirm-approval.ts';

const NOW = CREATED_AT + 60_000;
const STAGES = ['first', 'second', 'third'].map((name) => stage(name, 1, [{ kind: 'Group', name }]));

/** A request with three stages. Its uid is part of the names of the votes on it, and so of their order. */
function requestOf(uid: string): ApprovalRequest {
  const request = approvalRequest({ policies: [policyTerms({ stages: STAGES })] });
  return { ...request, metadata: { ...request.metadata, uid } };
}

/** One vote for each stage, so many seconds after the request was opened. */
function votesAt(request: ApprovalRequest, seconds: readonly number[]): ApprovalVote[] {
  return STAGES.map(({ name }, index) =>
    approvalVote(
      request,
      'Approve',
      { username: name, groups: [name] },
      { metadata: { creationTimestamp: timestamp(CREATED_AT + (seconds[index] ?? 0) * 1000) } },
    ),
  );
}

/** As the controller does: each vote when it arrives. */
function counted(request: ApprovalRequest, votes: readonly ApprovalVote[]): RequestStatus {
  return votes.reduce<RequestStatus>(
    (status, vote) => foldVotes({ ...request, status }, [vote], NOW),
    request.status ?? {},
  );
}

describe('[R15] [R24] what was approved stage after stage is confirmed in the order in which it was counted,', () => {
  const clock = new FakeClock();
  const ports = { approvals: new FakeApprovals(clock), settings: SETTINGS };
  const signal = new AbortController().signal;

  test.each<[string, readonly number[]]>([
    ['all votes in one second', [10, 10, 10]],
    ['the clock of the second API server behind', [10, 9, 10]],
    ['a second apart', [10, 11, 12]],
  ])('%s', async (_, seconds) => {
    for (const uid of Array.from({ length: 12 }, (_each, index) => `uid-${index}`)) {
      const request = requestOf(uid);
      const votes = votesAt(request, seconds);
      const approved = { ...request, status: counted(request, votes) };
      expect(approved.status.state).toBe('Approved');
      const reversed = votes.toReversed();
      expect(await isConfirmed(approved, { ...ports, votes: () => reversed }, signal)).toBe(true);
    }
  });

  test('and is not confirmed without one of them, nor with a denial that came after', async () => {
    const request = requestOf('uid');
    const votes = votesAt(request, [10, 10, 10]);
    const approved = { ...request, status: counted(request, votes) };
    for (const missing of votes) {
      const rest = votes.filter((vote) => vote !== missing);
      expect(await isConfirmed(approved, { ...ports, votes: () => rest }, signal)).toBe(false);
    }
    const denial = approvalVote(request, 'Revoke', { username: 'first', groups: ['first'] });
    expect(await isConfirmed(approved, { ...ports, votes: () => [denial, ...votes] }, signal)).toBe(false);
  });
});
