import { expect, test } from 'vitest';
import { execRequest } from '../../../test/builders/exec-request.ts';
import type { RequestStatus } from '../../core/api/kinds.ts';
import { buildNotice } from '../../core/notice/build-notice.ts';
import type { Occasion } from '../channel.ts';
import { occasionLines } from './occasion-lines.ts';

const vote = (username: string, at: string) => ({
  uid: username,
  name: username,
  person: username,
  username,
  decision: 'Approve' as const,
  via: 'Slack',
  at,
});
const STATUS: RequestStatus = {
  state: 'Consumed',
  votes: [vote('bob', '2026-01-01T10:01:00Z'), vote('carol', '2026-01-01T10:02:00Z')],
  conditions: [
    { type: 'Approved', status: 'True', lastTransitionTime: '2026-01-01T10:02:00Z', reason: 'Quorum', message: 'x' },
  ],
  uses: [{ id: 'u', decision: 'd', at: '2026-01-01T10:03:00Z', username: 'alice' }],
  endedAt: '2026-01-01T10:03:00Z',
};
const BOB = '2026-01-01 10:01:00 UTC  approved by bob via Slack';
const CAROL = '2026-01-01 10:02:00 UTC  approved by carol via Slack';
const QUORUM = '2026-01-01 10:02:00 UTC  all approvals are there';
const USED = '2026-01-01 10:03:00 UTC  used by alice';

const cases: readonly (readonly [string, readonly Occasion[], readonly string[]])[] = [
  ['that it was asked is no news', ['Asked'], []],
  ['the last vote, where one is new', ['Voted'], [CAROL]],
  ['all of it, where nobody was told of any', ['Voted', 'Voted', 'Approved', 'Used'], [BOB, CAROL, QUORUM, USED]],
  ['a use alone', ['Used'], [USED]],
  ['nothing where nothing happened', [], []],
];
test.each(cases)('%s', (_, occasions, lines) => {
  const notice = buildNotice(execRequest({ status: STATUS }));
  expect(occasionLines({ occasions, notice })).toEqual(lines);
});

test('a reason that was given is told with its words, unless the message itself is new', () => {
  const notice = buildNotice(execRequest({ spec: { reason: 'INC-99' } }));
  expect(occasionLines({ occasions: ['ReasonGiven'], notice })).toEqual(['The reason was given. INC-99']);
  expect(occasionLines({ occasions: ['Asked', 'ReasonGiven'], notice })).toEqual([]);
});

test('a reminder says what is missing', () => {
  const notice = buildNotice(execRequest());
  expect(occasionLines({ occasions: ['Reminder'], notice })).toEqual([
    'Still waiting. 0 of 1 in stage oncall; missing: 1 of group sre',
  ]);
});
