import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { isByPerson, type UsernamesOf } from '../../core/evidence/by-person.ts';
import type { Entry } from '../../core/evidence/entry.ts';
import { EVIDENCE_API_VERSION, type RecordObject } from '../../core/evidence/record-object.ts';
import type { Clock } from '../../ports/clock.ts';
import { statusOf } from '../../platform/http/send-json.ts';
import { recordObject } from '../../core/evidence/record-name.ts';
import type { Followed, RecordCursor } from './record-source.ts';
import { type Shape, tableOf } from './record-table.ts';
import type { Selection } from './selection.ts';

export interface WatchPorts {
  readonly cursor: RecordCursor;
  readonly clock: Clock;
  readonly usernamesOf: UsernamesOf;
  /** Whether the caller still may: asked again while the watch lasts. Rejects when there is no answer. */
  readonly stillMay: () => Promise<boolean>;
}

export interface WatchOptions extends Followed {
  readonly shape: Shape;
  readonly bookmarks: boolean;
  readonly lastsMs: number;
}

/** A right that was taken away ends a watch by then. */
const ASK_AGAIN_MS = 30_000;
/** kubectl and client-go go on from the last of them. */
const BOOKMARK_MS = 15_000;
/** Whoever reads no more is cut off: what waits for them is memory. */
const DRAIN_MS = 30_000;

/** Shows every record that is wanted, as it comes, until the caller goes, the time is over, or the right is gone. */
export async function watchRecords(
  response: ServerResponse,
  { selection, namespace, shape, bookmarks, lastsMs }: WatchOptions,
  { cursor, clock, usernamesOf, stillMay }: WatchPorts,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  const until = clock.now() + lastsMs;
  const send = sender(response, clock, signal);
  let asked = clock.now();
  let marked = clock.now();
  let first = true;
  try {
    while (!signal.aborted && clock.now() < until) {
      if (clock.now() - asked >= ASK_AGAIN_MS) {
        asked = clock.now();
        if (!(await stillMay())) return await end(send, response, FORBIDDEN);
      }
      const records = await cursor.next();
      for (const { ledger, record, version } of records) {
        const object = recordObject(ledger, record);
        if (object === undefined || !isWanted(object, selection, namespace, usernamesOf)) continue;
        await send({ type: 'ADDED', object: shaped(object, version, shape, first) });
        first = false;
      }
      if (bookmarks && clock.now() - marked >= BOOKMARK_MS) {
        marked = clock.now();
        await send({ type: 'BOOKMARK', object: bookmark(cursor.version(), shape) });
      }
      if (records.length === 0) await cursor.news(Math.max(0, until - clock.now()), signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    // Half an event may be out: nothing more can be said.
    response.destroy();
    throw error;
  } finally {
    if (!response.writableEnded) response.end();
  }
}

/** The same as the index finds by its columns. */
export function isWanted(
  object: RecordObject,
  selection: Selection,
  namespace: string | undefined,
  usernamesOf: UsernamesOf,
): boolean {
  const { entry, metadata } = object;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  if (selection.kinds !== undefined && !selection.kinds.includes(entry.kind)) return false;
  const { person } = selection;
  // While nobody knows who is who, what records say themselves still counts.
  if (person !== undefined && !isByPerson(entry, { person, usernames: usernamesOf(person) ?? [] })) return false;
  const fields = ['user', 'verb', 'resource', 'name', 'request', 'decision', 'outcome'] as const;
  return fields.every((field: keyof Selection & keyof Entry) => {
    const wanted = selection[field];
    return wanted === undefined || wanted === entry[field];
  });
}

const FORBIDDEN = statusOf({ code: 403, reason: 'Forbidden', message: 'the right to watch records is gone' });

async function end(send: (event: object) => Promise<void>, response: ServerResponse, status: object): Promise<void> {
  await send({ type: 'ERROR', object: status });
  response.end();
}

function shaped(object: RecordObject, resourceVersion: string, shape: Shape, first: boolean): object {
  const versioned = { ...object, metadata: { ...object.metadata, resourceVersion } };
  if (shape.as === 'Objects') return versioned;
  // As the API server does it: only the first table of a watch has its columns.
  return tableOf([versioned], { resourceVersion }, shape.include, first ? 'WithColumns' : 'RowsOnly');
}

function bookmark(resourceVersion: string, shape: Shape): object {
  const object = {
    apiVersion: EVIDENCE_API_VERSION,
    kind: 'Record',
    metadata: { resourceVersion, creationTimestamp: null },
  };
  if (shape.as === 'Objects') return object;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: [],
    rows: [],
  };
}

/** One event a line (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). */
function sender(response: ServerResponse, clock: Clock, signal: AbortSignal): (event: object) => Promise<void> {
  return async (event) => {
    if (response.write(`${JSON.stringify(event)}\n`)) return;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    try {
      const drained = once(response, 'drain', { signal: either }).then(() => true);
      const late = clock.sleep(DRAIN_MS, either).then(() => false);
      late.catch(() => undefined);
      if (!(await Promise.race([drained, late]))) throw new Error('a follower of records reads no more');
    } finally {
      enough.abort();
    }
  };
}
