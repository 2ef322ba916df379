import type { ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { type VoteOptions, castVote } from './cast-vote.ts';
import { refused } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { checkDigest } from '../core/notice/digest-check.ts';
import { outcomeText } from './outcome-text.ts';
import { keyOf } from './show-page.ts';

export interface ApproveOptions extends VoteOptions {
  /** Does not ask. */
  readonly yes: boolean;
  /** What the caller has reviewed: anything else is not approved. */
  readonly digest?: string | undefined;
}

export async function approve(context: VerbContext, name: string, options: ApproveOptions): Promise<void> {
  await castVote(context, name, 'Approve', options, async (request) => {
    if (stateOf(request) === 'Approved')
      throw refused(`nothing to approve: ${outcomeText(request, context.clock.now())}`);
    refuseOtherContent(request, options.digest);
    if (options.yes || options.digest !== undefined) return;
    if (!context.streams.isTTY)
      throw refused('there is no terminal to ask on', 'say --digest with what was reviewed, or --yes');
    const answer = await context.streams.ask('Approve? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) throw refused('not approved');
  });
}

/** An approval of what nobody has seen is worth nothing. */
function refuseOtherContent(request: ApprovalRequest, reviewed: string | undefined): void {
  const key = keyOf(request);
  if (reviewed !== undefined && reviewed !== request.spec.digest) {
    throw refused(
      `${key} is not what you reviewed: its digest is ${request.spec.digest ?? '(none)'}`,
      `see: kubectl sallyport show ${key}`,
    );
  }
  if (checkDigest(request).type === 'Mismatch') {
    throw refused(`${key} cannot be approved: its digest is not that of what it shows`);
  }
}
