import { describe, expect, test } from 'vitest';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { run, SECOND, state, use, vote } from '../../../test/builders/approval-state.ts';
import type { RequestStatus } from '../api/kinds.ts';
import type { ApprovalEvent } from './approval-state.ts';
import { isUnacknowledged } from './break-glass.ts';
import { foldVotes } from './fold-votes.ts';
import { transition } from './transition.ts';

const glass = { subjects: [{ kind: 'Group' as const, name: 'developers' }], maxWindowSeconds: 60 };
const breakable = policyTerms({ breakGlass: glass }, 'breakable');
const firm = policyTerms({}, 'firm');
const start = state({ terms: [breakable] });
const both = state({ terms: [breakable, firm] });
const smash = (overrides: object = {}) =>
  vote('alice', 'BreakGlass', { groups: ['developers'], reason: 'the site is down', ...overrides });
const acknowledge = vote('bob', 'Acknowledge', { reason: 'seen' });
const condition = (status: RequestStatus, type: string) => status.conditions?.find((each) => each.type === type);

function refusal(from: typeof start, event: ApprovalEvent, status: RequestStatus = {}): string {
  const result = transition({ ...from, status }, event, CREATED_AT + SECOND);
  return result.ok ? 'ok' : result.refusal;
}

describe('the glass is broken', () => {
  test('by its requester: the request is Approved for the window of the policy, and says who and why', () => {
    const status = run(start, [[smash(), SECOND]]);
    expect(status).toMatchObject({ state: 'Approved', approvals: 'break-glass', expiresAt: '2026-01-01T00:01:01Z' });
    const message = 'alice broke the glass of breakable: the site is down';
    expect(condition(status, 'BreakGlass')).toMatchObject({ status: 'True', reason: 'BrokenByRequester', message });
    expect(condition(status, 'Approved')).toMatchObject({ reason: 'BreakGlass', message });
  });

  test('once: it is used like any other approval', () => {
    const used = run(start, [
      [smash(), 0],
      [use(), SECOND],
    ]);
    expect([used.state, refusal(start, use({ decision: 'd2' }), used)]).toEqual(['Consumed', 'AlreadyUsed']);
  });

  test('of one policy: the other still needs its approval, and its time holds as well', () => {
    const broken = run(both, [[smash(), SECOND]]);
    expect(broken).toMatchObject({ state: 'Pending', approvals: 'break-glass, 0/1' });
    expect(condition(broken, 'BreakGlass')?.status).toBe('True');
    const approved = run({ ...both, status: broken }, [[vote('bob', 'Approve'), 10 * SECOND]]);
    expect(approved).toMatchObject({ state: 'Approved', expiresAt: '2026-01-01T00:01:10Z' });
    expect(run({ ...both, status: broken }, [[vote('bob', 'Deny'), 2 * SECOND]]).state).toBe('Denied');
  });

  test('of all that are left: what was approved before counts', () => {
    const sre = policyTerms({ stages: [{ name: 's', required: 1, approvers: [{ kind: 'User', name: 'bob' }] }] }, 'a');
    const dba = policyTerms(
      { breakGlass: glass, stages: [{ name: 's', required: 1, approvers: [{ kind: 'User', name: 'dba' }] }] },
      'b',
    );
    const status = run(state({ terms: [sre, dba] }), [
      [vote('bob', 'Approve'), 0],
      [smash(), SECOND],
    ]);
    expect(status).toMatchObject({ state: 'Approved', approvals: '1/1, break-glass' });
  });

  test('with the reason of the policy that is broken, not of the others', () => {
    const pattern = { requireReason: true, reasonPattern: 'INC-[0-9]+' };
    const asks = state({ terms: [policyTerms({ breakGlass: glass, ...pattern }, 'breakable')] });
    expect(refusal(asks, smash())).toBe('ReasonRequired');
    expect(refusal(asks, smash({ reason: 'INC-7' }))).toBe('ok');
    const other = state({ terms: [breakable, policyTerms(pattern, 'firm')] });
    expect(refusal(other, smash())).toBe('ok');
  });
});

describe('the glass is not broken', () => {
  test.each<[string, typeof start, ApprovalEvent, RequestStatus, string]>([
    ['by an approver', start, vote('bob', 'BreakGlass', { reason: 'x' }), {}, 'NotTheRequester'],
    [
      'by somebody else of the group',
      start,
      vote('eve', 'BreakGlass', { groups: ['developers'], reason: 'x' }),
      {},
      'NotTheRequester',
    ],
    ['by a requester whom no policy names', start, smash({ groups: [] }), {}, 'NoBreakGlass'],
    [
      'by a ServiceAccount of a named group',
      start,
      smash({ username: 'system:serviceaccount:ci:bot' }),
      {},
      'NoBreakGlass',
    ],
    ['where no policy allows it', state({ terms: [firm] }), smash(), {}, 'NoBreakGlass'],
    ['without a reason', start, smash({ reason: undefined }), {}, 'ReasonRequired'],
    ['with an empty reason', start, smash({ reason: ' ' }), {}, 'ReasonRequired'],
    ['once it is denied', start, smash(), run(start, [[vote('bob', 'Deny'), 0]]), 'Ended'],
    ['once it is approved', start, smash(), run(start, [[vote('bob', 'Approve'), 0]]), 'NotPending'],
    ['twice', both, smash({ uid: 'again' }), run(both, [[smash(), 0]]), 'AlreadyVoted'],
  ])('%s', (_, from, event, status, expected) => {
    expect(refusal(from, event, status)).toBe(expected);
  });
});

describe('an acknowledgement', () => {
  const broken = run(start, [[smash(), 0]]);
  const used = run({ ...start, status: broken }, [[use(), SECOND]]);
  const gone = run({ ...start, status: broken }, [[{ type: 'Tick' }, 3600 * SECOND]]);

  test.each<[string, RequestStatus]>([
    ['while it can be used', broken],
    ['after it was used', used],
    ['after it was not used', gone],
  ])('by an approver counts %s, and changes no state', (_, status) => {
    const after = run({ ...start, status }, [[acknowledge, 7200 * SECOND]]);
    expect([isUnacknowledged(status), isUnacknowledged(after), after.state]).toEqual([true, false, status.state]);
    expect(condition(after, 'Acknowledged')?.message).toBe('acknowledged by bob: seen');
    expect(refusal(start, vote('carol', 'Acknowledge'), after)).toBe('NothingToAcknowledge');
  });

  test.each<[string, ApprovalEvent, RequestStatus, string]>([
    ['of the requester', vote('alice', 'Acknowledge'), used, 'SelfApproval'],
    ['of somebody who is no approver', vote('eve', 'Acknowledge', { groups: [] }), used, 'NotAnApprover'],
    ['of what was approved', acknowledge, run(start, [[vote('bob', 'Approve'), 0]]), 'NothingToAcknowledge'],
  ])('%s does not count', (_, event, status, expected) => {
    expect(refusal(start, event, status)).toBe(expected);
  });

  test('does not take the vote of who acknowledges while another policy waits', () => {
    const status = run(both, [
      [smash(), 0],
      [acknowledge, SECOND],
      [vote('bob', 'Approve'), 2 * SECOND],
    ]);
    expect(status.state).toBe('Approved');
  });

  test('of the same second comes after what it acknowledges, whatever their names', () => {
    const request = approvalRequest({ policies: [breakable] });
    const cast = (person: string, decision: 'BreakGlass' | 'Acknowledge', groups: string[]) =>
      approvalVote(request, decision, { username: person, groups }, { spec: { reason: 'why' } });
    const votes = [cast('bob', 'Acknowledge', ['sre']), cast('alice', 'BreakGlass', ['developers'])];
    const status = foldVotes(request, votes, CREATED_AT + 20 * SECOND);
    expect(status.votes?.map(({ decision }) => decision)).toEqual(['BreakGlass', 'Acknowledge']);
    expect(isUnacknowledged(status)).toBe(false);
  });
});
