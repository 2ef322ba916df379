import { describe, expect, test } from 'vitest';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import { nobodyMapped, peopleOf } from '../../../../test/builders/people.ts';
import type { CountedVote, VoteDecision } from '../../../core/api/kinds.ts';
import { approvalState } from '../../../core/approval/approval-state.ts';
import { asKnownNow, votedByAnotherName } from './known-now.ts';

const PEOPLE = peopleOf([{ person: 'Bob', usernames: ['bob', 'bob-admin'] }]);
const voted = (decision: VoteDecision, person = 'bob-admin'): CountedVote[] => [
  { uid: 'u', name: 'n', username: 'bob-admin', person, decision, via: 'Kubernetes', at: '' },
];

describe('[R21] who voted under a name that the map knows as theirs by now', () => {
  test.each<[string, VoteDecision, CountedVote[], boolean]>([
    ['does not approve again', 'Approve', voted('Approve'), true],
    ['nor deny', 'Deny', voted('Approve'), true],
    ['may take back', 'Revoke', voted('Approve'), false],
    ['may take back what they asked for', 'Cancel', voted('Approve'), false],
    ['may have acknowledged', 'Approve', voted('Acknowledge'), false],
    ['is found by the transition where the name is the same', 'Approve', voted('Approve', 'Bob'), false],
    ['has not where nobody has', 'Approve', [], false],
  ])('%s', (_, decision, votes, expected) => {
    expect(votedByAnotherName(votes, { person: 'Bob', decision }, PEOPLE)).toBe(expected);
    expect(votedByAnotherName(votes, { person: 'Carol', decision }, PEOPLE)).toBe(false);
    expect(votedByAnotherName(undefined, { person: 'Bob', decision }, PEOPLE)).toBe(false);
  });
});

test('whom a request was stamped with stays left out, whatever the map says since', () => {
  const request = approvalRequest();
  const carol = { person: 'Carol' };
  const map = peopleOf([{ person: 'Alice', usernames: ['alice'] }]);
  const known = asKnownNow(approvalState(request), request, map, carol);
  expect(known.excluded).toEqual(['alice', 'alice', 'Alice']);
  expect(asKnownNow(approvalState(request), request, nobodyMapped(), carol).excluded).toContain('alice');
  const { requester: _, ...spec } = request.spec;
  expect(asKnownNow(approvalState({ ...request, spec }), { ...request, spec }, PEOPLE, carol).excluded).not.toContain(
    'Bob',
  );
});
