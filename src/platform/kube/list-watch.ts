import type { KubeClient, Query } from './client.ts';
import { KubeUnreachableError } from './errors.ts';
import type { KubeList, KubeObject } from './kube-object.ts';
import { parseWatchEvent, resourceVersionOf, type WatchEvent } from './watch-event.ts';
import { watchLines } from './watch-lines.ts';

/** What a reflector needs of one collection. */
export interface ListWatch<T extends KubeObject> {
  /** One page of a consistent list (no `resourceVersion`: as of now, not as of some cache). */
  list(limit: number, continueToken: string | undefined, signal: AbortSignal): Promise<KubeList<T>>;
  /**
   * Everything after `resourceVersion`, for `timeoutSeconds`, with bookmarks. Ends when the server ends it.
   *
   * @throws KubeApiError, KubeUnreachableError, KubeResponseError
   */
  watch(resourceVersion: string, timeoutSeconds: number, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  /**
   * The resource version of the collection as of now, by a consistent read of next to nothing. It makes the server's
   * watch cache catch up with etcd, so that a bookmark of at least this version follows.
   */
  probe(signal: AbortSignal): Promise<string>;
}

export interface Selectors {
  readonly labelSelector?: string | undefined;
  /** `metadata.name=x` for a single object, which RBAC with resourceNames allows too. */
  readonly fieldSelector?: string | undefined;
}

/** No object has this name: nothing is read but the version. */
const NOBODY = 'metadata.name=sallyport-freshness-probe';

/** A ListWatch over the API server; `path` is that of a collection. */
export function listWatch<T extends KubeObject>(
  client: KubeClient,
  path: string,
  select: Selectors = {},
): ListWatch<T> {
  const selectors: Query = { labelSelector: select.labelSelector, fieldSelector: select.fieldSelector };
  return {
    list: (limit, continueToken, signal) =>
      client.list<T>(path, { query: { ...selectors, limit, continue: continueToken }, signal }),

    async *watch(resourceVersion, timeoutSeconds, signal) {
      const query = { ...selectors, watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
      const response = await client.stream(path, query, signal);
      try {
        for await (const line of watchLines(response)) yield parseWatchEvent<T>(line);
      } catch (error) {
        // Node's own stream errors have an errno-like code in capitals; ours pass through.
        if (isStreamError(error)) throw new KubeUnreachableError('the watch broke off', { cause: error });
        throw error;
      } finally {
        response.destroy();
      }
    },

    async probe(signal) {
      // Without a `limit`: servers before 1.33 read a limited list from etcd, past the cache that is to catch up.
      const query = { ...selectors, fieldSelector: select.fieldSelector ?? NOBODY };
      return resourceVersionOf(await client.list<T>(path, { query, signal }));
    },
  };
}

function isStreamError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' && /^(E[A-Z]+|ERR_[A-Z_]+|ABORT_ERR|HPE_[A-Z_]+)$/.test(code);
}
