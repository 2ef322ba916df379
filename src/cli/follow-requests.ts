import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listAll } from '../platform/kube/list-all.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import type { Clock } from '../ports/clock.ts';
import { passes, PAUSE_MS, RETRY_MS, WATCH_SECONDS, WATCH_SLACK_MS } from './follow-request.ts';
import { LIST_TIMEOUT_MS, requestPath } from './requests.ts';

/**
 * All requests of a namespace, or of all, and from then on those that changed, for ever. Those that are deleted are
 * retention's and are not shown. An API server that goes away meanwhile is asked again.
 *
 * @throws what KubeClient throws at the first read, and later if it will not pass
 */
export async function* followRequests(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  namespace: string | undefined,
): AsyncGenerator<readonly ApprovalRequest[]> {
  const source = listWatch<ApprovalRequest & KubeObject>(client, requestPath(namespace));
  const shown = new Map<string, string>();
  const isNew = ({ metadata }: ApprovalRequest): boolean => {
    const [uid = '', version = ''] = [metadata.uid, metadata.resourceVersion];
    if (shown.get(uid) === version) return false;
    shown.set(uid, version);
    return true;
  };
  let first = true;
  for (;;) {
    let pauseMs = PAUSE_MS;
    try {
      const { objects, resourceVersion } = await listAll(source, AbortSignal.timeout(LIST_TIMEOUT_MS));
      first = false;
      yield objects.filter(isNew);
      const over = AbortSignal.timeout(WATCH_SECONDS * 1000 + WATCH_SLACK_MS);
      for await (const event of source.watch(resourceVersion, WATCH_SECONDS, over)) {
        if (event.type === 'Error') break;
        if (event.type === 'Bookmark') continue;
        if (event.type === 'Deleted') shown.delete(event.object.metadata.uid ?? '');
        else if (isNew(event.object)) yield [event.object];
      }
    } catch (error) {
      if (first || !passes(error)) throw error;
      pauseMs = RETRY_MS;
    }
    await clock.sleep(pauseMs);
  }
}
