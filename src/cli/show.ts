import type { VerbContext } from './context.ts';
import { type Output, printObject } from './output.ts';
import { requestReference } from './request-reference.ts';
import { getRequest } from './requests.ts';
import { showPage } from './show-page.ts';

export interface ShowOptions {
  readonly output: Output | undefined;
}

export async function show(context: VerbContext, name: string, options: ShowOptions): Promise<void> {
  const { client, clock, streams } = context;
  const request = await getRequest(client, requestReference(name, context));
  if (options.output === undefined || options.output === 'wide')
    streams.stdout(showPage(request, clock.now(), context.paint));
  else printObject(streams, request, options.output);
}
