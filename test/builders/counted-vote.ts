import type { CountedVote } from '../../src/core/api/kinds.ts';

/** A vote of bob's by Slack, as it stands in the status of a request. */
export function countedVote(
  decision: CountedVote['decision'],
  at: string,
  more: Partial<CountedVote> = {},
): CountedVote {
  return { uid: 'v', name: 'v', person: 'bob', username: 'bob', decision, via: 'Slack', at, ...more };
}
