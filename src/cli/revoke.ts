import { type VoteOptions, castVote } from './cast-vote.ts';
import type { VerbContext } from './context.ts';

/** Takes back an approval, or ends a request that waits for one. What has run already is not undone. The reason is for the requester, who would otherwise ask. */
export async function revoke(
  context: VerbContext,
  name: string,
  options: VoteOptions & { readonly reason: string },
): Promise<void> {
  await castVote(context, name, 'Revoke', options);
}
