import { KubeApiError } from '../platform/kube/errors.ts';
import { refused, usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { type Output, printObject } from './output.ts';
import { outcomeText } from './outcome-text.ts';
import { requestReference } from './request-reference.ts';
import { getRequest, giveReason } from './requests.ts';
import { keyOf } from './show-page.ts';

/** The requester says why they ask: once, while the request is Pending. Sallyport refuses what does not do. */
export async function reason(
  context: VerbContext,
  name: string,
  text: string,
  { output }: { readonly output: Output | undefined },
): Promise<void> {
  if (output === 'wide') throw usageError('-o wide is for list');
  const { client, clock, streams } = context;
  const request = await getRequest(client, requestReference(name, context));
  try {
    const given = await giveReason(client, request, text);
    if (output === undefined) streams.stdout(`reason given; ${outcomeText(given, clock.now())}\n`);
    else printObject(streams, given, output);
  } catch (error) {
    // A webhook's words go on as they are: they say what to do.
    if (error instanceof KubeApiError) throw refused(`${keyOf(request)} keeps its reason: ${error.message}`);
    throw error;
  }
}
