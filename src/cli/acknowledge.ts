import { type VoteOptions, castVote } from './cast-vote.ts';
import type { VerbContext } from './context.ts';

/** An approver has looked at what was done without approval. It changes no state, and comes after the end too. */
export async function acknowledge(context: VerbContext, name: string, options: VoteOptions): Promise<void> {
  await castVote(context, name, 'Acknowledge', options);
}
