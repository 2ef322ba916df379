import type { Unreadable } from '../core/evidence/query.ts';
import {
  EVIDENCE_GROUP,
  EVIDENCE_VERSION,
  type RecordList,
  type RecordObject,
  RECORDS,
} from '../core/evidence/record-object.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { KubeList, KubeObject } from '../platform/kube/kube-object.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import type { Clock } from '../ports/clock.ts';
import { CliError, refused } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { passes, PAUSE_MS, RETRY_MS, WATCH_SLACK_MS } from './follow-request.ts';

export type RecordItem = RecordObject & KubeObject;

/** What the API of evidence selects by (docs/evidence.md). */
export type RecordSelector = Readonly<Record<string, string | undefined>>;

/** A search may walk a large index. */
const TIMEOUT_MS = 30_000;
/** As many as the API gives at once. */
const PAGE = 500;
/** The API server ends a watch that is longer where a proxy stands between. */
const WATCH_SECONDS = 300;

export interface FoundRecords {
  /** The newest first. */
  readonly items: readonly RecordItem[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
  readonly unreadable: readonly Unreadable[];
  readonly resourceVersion: string;
}

/**
 * @param limit of all pages
 * @throws CliError: the API is not there, or refuses
 */
export async function findRecords(
  client: KubeClient,
  namespace: string | undefined,
  selector: RecordSelector,
  limit: number,
): Promise<FoundRecords> {
  const items: RecordItem[] = [];
  const unreadable: Unreadable[] = [];
  let token: string | undefined;
  let resourceVersion = '';
  do {
    const query = {
      fieldSelector: fieldSelector(selector),
      limit: Math.min(PAGE, limit - items.length),
      continue: token,
    };
    const page = await client
      .list<RecordItem>(pathOf(namespace), { query, timeoutMs: TIMEOUT_MS })
      .then((list) => list as KubeList<RecordItem> & Pick<RecordList, 'unreadable'>)
      .catch(explain);
    items.push(...page.items);
    unreadable.push(...(page.unreadable ?? []));
    resourceVersion = page.metadata.resourceVersion ?? '';
    token = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (token !== undefined && items.length < limit);
  return { items, more: token !== undefined, unreadable, resourceVersion };
}

/**
 * What comes after `resourceVersion`, for ever. An API server that goes away is asked again; so is one whose Sallyport
 * answers from another replica, from then on.
 */
export async function* followRecords(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  namespace: string | undefined,
  selector: RecordSelector,
  resourceVersion: string,
): AsyncGenerator<RecordItem> {
  const source = listWatch<RecordItem>(client, pathOf(namespace), { fieldSelector: fieldSelector(selector) });
  let from = resourceVersion;
  for (;;) {
    let pauseMs = PAUSE_MS;
    try {
      const over = AbortSignal.timeout(WATCH_SECONDS * 1000 + WATCH_SLACK_MS);
      for await (const event of source.watch(from, WATCH_SECONDS, over)) {
        if (event.type === 'Error') throw event.error;
        from = event.resourceVersion;
        if (event.type === 'Applied') yield event.object;
      }
    } catch (error) {
      if (error instanceof KubeApiError && error.status === 410) {
        from = (await findRecords(client, namespace, { ...selector, since: '1m' }, 1)).resourceVersion;
      } else if (!passes(error)) explain(error);
      pauseMs = RETRY_MS;
    }
    await clock.sleep(pauseMs);
  }
}

function pathOf(namespace: string | undefined): string {
  const resource = { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, plural: RECORDS };
  return resourcePath(namespace === undefined ? resource : { ...resource, namespace });
}

/** As kubectl's --field-selector: a comma, an equals sign and a backslash are escaped. */
function fieldSelector(selector: RecordSelector): string | undefined {
  const terms = Object.entries(selector).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value.replaceAll(/[\\,=]/g, '\\$&')}`],
  );
  return terms.length === 0 ? undefined : terms.join(',');
}

/** @throws CliError for what somebody can act on; what it was given otherwise */
function explain(error: unknown): never {
  if (!(error instanceof KubeApiError)) throw error;
  switch (error.status) {
    case 404:
      throw new CliError(
        EXIT.notFound,
        'this cluster serves no evidence',
        'it needs audit.index and audit.readApi in the configuration of Sallyport',
        { cause: error },
      );
    case 403:
      throw refused(`refused: ${error.message}`, 'the ClusterRole sallyport-evidence-reader gives that right', {
        cause: error,
      });
    case 503:
      throw refused(`the evidence cannot be read now: ${error.message}`, 'is Sallyport with the role audit running?', {
        cause: error,
      });
    default:
      throw error;
  }
}
