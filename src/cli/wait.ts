import type { ApprovalRequest } from '../core/api/kinds.ts';
import { type ApprovalWait, awaitApproval, type Waited } from './await-approval.ts';
import { CliError, usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type Output, printObject } from './output.ts';
import { outcomeText } from './outcome-text.ts';
import { requestReference } from './request-reference.ts';
import { keyOf } from './show-page.ts';

export interface WaitOptions extends ApprovalWait {
  readonly output: Output | undefined;
}

/** Returns once the request is approved. @throws CliError with the exit code of how else it ended */
export async function wait(context: VerbContext, name: string, options: WaitOptions): Promise<void> {
  const { output } = options;
  if (output === 'wide') throw usageError('-o wide is for list');
  const request = approvedOf(context, await awaitApproval(context, requestReference(name, context), options));
  if (output === undefined) context.streams.stdout(`${outcomeText(request, context.clock.now())}\n`);
  else printObject(context.streams, request, output);
}

/** @throws CliError where the wait did not end in an approval */
export function approvedOf({ clock }: Pick<VerbContext, 'clock'>, waited: Waited): ApprovalRequest {
  switch (waited.type) {
    case 'Approved':
      return waited.request;
    case 'Ended':
      throw new CliError(EXIT.ended, outcomeText(waited.request, clock.now()));
    case 'TimedOut':
      throw new CliError(
        EXIT.stillPending,
        `nobody decided in time: ${outcomeText(waited.request, clock.now())}`,
        `wait again: kubectl sallyport wait ${keyOf(waited.request)}`,
      );
    case 'Interrupted':
      throw new CliError(
        EXIT.interrupted,
        waited.request === undefined ? 'interrupted' : `interrupted; ${keyOf(waited.request)} stays pending`,
        waited.request === undefined ? undefined : `take it back: kubectl sallyport cancel ${keyOf(waited.request)}`,
      );
  }
}
