import { type VoteOptions, castVote } from './cast-vote.ts';
import type { VerbContext } from './context.ts';

/** First denial ends a request (R24). The reason is for the requester, who would otherwise ask. */
export async function deny(
  context: VerbContext,
  name: string,
  options: VoteOptions & { readonly reason: string },
): Promise<void> {
  await castVote(context, name, 'Deny', options);
}
