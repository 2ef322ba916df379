import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeApiError, KubeUnreachableError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import type { Clock } from '../ports/clock.ts';
import type { RequestReference } from './request-reference.ts';
import { getRequest, requestPath } from './requests.ts';

/** A watch that lost its connection without a word is found out by the list after it. */
export const WATCH_SECONDS = 30;
/** Time for the API server to end the watch by itself. */
export const WATCH_SLACK_MS = 10_000;
/** Between a watch and the list after it: no tight loop against a proxy that ends watches at once. */
export const PAUSE_MS = 500;
/** Between attempts at an API server that is away. */
export const RETRY_MS = 2_000;

/**
 * A request as it is and whenever it changes, until it is gone or `signal` is aborted, with which it rejects. An API server
 * that goes away meanwhile is asked again, for as long as the caller waits.
 *
 * @throws CliError when there is none; what KubeClient throws at the first read, and later if it will not pass
 */
export async function* followRequest(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  reference: RequestReference,
  signal: AbortSignal,
): AsyncGenerator<ApprovalRequest> {
  const first = await getRequest(client, reference, { signal });
  yield first;
  const source = listWatch<ApprovalRequest & KubeObject>(client, requestPath(reference.namespace), {
    fieldSelector: `metadata.name=${reference.name}`,
  });
  const isIt = ({ metadata }: ApprovalRequest) =>
    metadata.name === reference.name && metadata.uid === first.metadata.uid;
  for (;;) {
    let pauseMs = PAUSE_MS;
    try {
      const { items, metadata } = await source.list(1, undefined, signal);
      const found = items.find(isIt);
      if (found === undefined) return;
      yield found;
      const silence = AbortSignal.timeout(WATCH_SECONDS * 1000 + WATCH_SLACK_MS);
      const watching = source.watch(metadata.resourceVersion ?? '', WATCH_SECONDS, AbortSignal.any([signal, silence]));
      for await (const event of watching) {
        if (event.type === 'Error') break;
        if (event.type === 'Bookmark' || !isIt(event.object)) continue;
        if (event.type === 'Deleted') return;
        yield event.object;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error)) throw error;
      pauseMs = RETRY_MS;
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Whether asking again may help. */
export function passes(error: unknown): boolean {
  if (error instanceof KubeApiError) return error.status === 410 || error.status === 429 || error.status >= 500;
  return error instanceof KubeUnreachableError || (error instanceof Error && error.name === 'TimeoutError');
}
