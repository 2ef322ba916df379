import { describe, expect, test } from 'vitest';
import type { ApprovalVote } from '../core/api/kinds.ts';
import { buildVote } from '../core/approval/act.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import { expectedVoteName } from './expected-vote-name.ts';

const vote: ApprovalVote = buildVote(
  { metadata: { name: 'exec-web-0', uid: 'u1' }, spec: { digest: 'd' } },
  'bob',
  'Approve',
  undefined,
);
const HEX = '0123456789abcdef';
const asked = (name: string, code = 'VoteName') =>
  expectedVoteName(
    new KubeApiError(403, 'Forbidden', `your vote must be named … [sallyport code=${code} name=${name}]`),
    vote,
  );

describe('[R21] the name that the webhook asks for', () => {
  test.each<[string, string, string | undefined]>([
    ['is taken where it is of this act on this request', `exec-web-0-approve-${HEX}`, `exec-web-0-approve-${HEX}`],
    ['not of another act', `exec-web-0-deny-${HEX}`, undefined],
    ['not of another request', `exec-web-1-approve-${HEX}`, undefined],
    ['not of a longer one', `exec-web-0-approve-${HEX}0`, undefined],
    ['not of no hash', 'exec-web-0-approve-xyz', undefined],
    ['not what was sent', vote.metadata.name ?? '', undefined],
  ])('%s', (_, name, expected) => {
    expect(asked(name)).toBe(expected);
  });

  test('is none in another refusal', () => {
    expect(asked(`exec-web-0-approve-${HEX}`, 'NotAnApprover')).toBeUndefined();
    expect(expectedVoteName(new KubeApiError(403, 'Forbidden', 'no'), vote)).toBeUndefined();
  });
});
