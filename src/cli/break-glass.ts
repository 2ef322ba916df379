import { type VoteOptions, castVote } from './cast-vote.ts';
import type { VerbContext } from './context.ts';

/** The requester goes ahead without the approvals of the policies that let them. The reason is for who looks at it later. */
export async function breakGlass(
  context: VerbContext,
  name: string,
  options: VoteOptions & { readonly reason: string },
): Promise<void> {
  await castVote(context, name, 'BreakGlass', options);
}
