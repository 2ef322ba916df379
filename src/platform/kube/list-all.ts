import { KubeResponseError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import type { ListWatch } from './list-watch.ts';
import { resourceVersionOf, versioned } from './watch-event.ts';

/** client-go's page: measured 775 → 92 ms of stalled event loop for 100,000 objects against one whole list. */
const PAGE_SIZE = 500;

/**
 * Reads a whole collection page by page. All pages show the moment of the first. A page that is too large is asked for
 * again in halves.
 *
 * @throws KubeApiError (410 when the continuation expired on the way), KubeUnreachableError, KubeResponseError
 */
export async function listAll<T extends KubeObject>(
  listWatch: ListWatch<T>,
  signal: AbortSignal,
): Promise<{ objects: T[]; resourceVersion: string }> {
  const objects: T[] = [];
  let limit = PAGE_SIZE;
  let next: string | undefined;
  let resourceVersion: string | undefined;
  for (;;) {
    let page;
    try {
      page = await listWatch.list(limit, next, signal);
    } catch (error) {
      if (!(error instanceof KubeResponseError) || error.problem !== 'TooLarge' || limit === 1) throw error;
      limit = Math.floor(limit / 2);
      continue;
    }
    resourceVersion ??= resourceVersionOf(page);
    for (const item of page.items) objects.push(versioned(item).object);
    next = page.metadata.continue;
    if (next === undefined || next === '') return { objects, resourceVersion };
  }
}
