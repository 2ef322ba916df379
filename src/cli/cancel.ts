import { type VoteOptions, castVote } from './cast-vote.ts';
import type { VerbContext } from './context.ts';

/** The requester takes a request back. */
export async function cancel(context: VerbContext, name: string, options: VoteOptions): Promise<void> {
  await castVote(context, name, 'Cancel', options);
}
