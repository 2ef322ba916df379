import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Entry } from '../../core/evidence/entry.ts';
import { EVIDENCE_API_VERSION, type RecordObject } from '../../core/evidence/record-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { statusOf } from '../../platform/http/send-json.ts';
import { ReadApiError } from './read-api-error.ts';
import { recordObject } from '../../core/evidence/record-name.ts';
import { type Shape, tableOf } from './record-table.ts';
import type { Selection } from './selection.ts';

export interface WatchPorts {
  readonly ledger: Pick<Ledger, 'id' | 'read' | 'onCommitted' | 'head'>;
  readonly clock: Clock;
  /** Whether the caller still may: asked again while the watch lasts. Rejects when there is no answer. */
  readonly stillMay: () => Promise<boolean>;
}

export interface WatchOptions {
  readonly selection: Selection;
  readonly namespace: string | undefined;
  /** Only what comes after it. */
  readonly afterSeq: number;
  readonly shape: Shape;
  readonly bookmarks: boolean;
  readonly lastsMs: number;
}

/** A look at the ledger: short enough that nothing else of the process waits for it. */
const READ = { records: 200, bytes: 1024 * 1024 };
/** A commit tells of itself; this is for what is lost. */
const LOOK_MS = 5_000;
/** A right that was taken away ends a watch by then. */
const ASK_AGAIN_MS = 30_000;
/** kubectl and client-go go on from the last of them. */
const BOOKMARK_MS = 15_000;
/** Whoever reads no more is cut off: what waits for them is memory. */
const DRAIN_MS = 30_000;

/** Of a ledger's first 32 bits, in decimal. */
const LEDGER_DIGITS = 10;

/**
 * What a list says of when it was, and a watch goes on from: the number of the next record of this ledger, and which ledger
 * that is. Decimal, and greater with each record, as clients may rely on (KEP-5504).
 */
export function versionOf(ledger: Pick<Ledger, 'id'>, seq: number): string {
  return `${seq + 1}${ledgerDigits(ledger)}`;
}

/**
 * @returns undefined: from now on
 * @throws ReadApiError Expired: a version of another replica's ledger
 */
export function seqOfVersion(version: string, ledger: Pick<Ledger, 'id'>): number | undefined {
  if (version === '' || version === '0') return undefined;
  const seq = Number(version.slice(0, -LEDGER_DIGITS)) - 1;
  if (/^\d{11,25}$/.test(version) && version.endsWith(ledgerDigits(ledger)) && Number.isSafeInteger(seq)) return seq;
  throw new ReadApiError(410, 'Expired', 'the resourceVersion is not one of this ledger');
}

function ledgerDigits({ id }: Pick<Ledger, 'id'>): string {
  return String(Number.parseInt(id.slice(0, 8), 16)).padStart(LEDGER_DIGITS, '0');
}

/**
 * Follows the ledger of this process: every record that is durable, in its order, until the caller goes, the time is over,
 * or the right is gone. What another replica writes is not in it.
 */
export async function watchRecords(
  response: ServerResponse,
  { selection, namespace, afterSeq, shape, bookmarks, lastsMs }: WatchOptions,
  { ledger, clock, stillMay }: WatchPorts,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  const until = clock.now() + lastsMs;
  const send = sender(response, clock, signal);
  const news = createNews(ledger);
  let seq = afterSeq;
  let asked = clock.now();
  let marked = clock.now();
  let first = true;
  try {
    while (!signal.aborted && clock.now() < until) {
      if (clock.now() - asked >= ASK_AGAIN_MS) {
        asked = clock.now();
        if (!(await stillMay())) return await end(send, response, FORBIDDEN);
      }
      const records = await ledger.read(seq, READ);
      for (const { record } of records) {
        seq = record.seq;
        const object = recordObject(ledger.id, record);
        if (object === undefined || !isWanted(object, selection, namespace)) continue;
        await send({ type: 'ADDED', object: shaped(object, versionOf(ledger, seq), shape, first) });
        first = false;
      }
      if (bookmarks && clock.now() - marked >= BOOKMARK_MS) {
        marked = clock.now();
        await send({ type: 'BOOKMARK', object: bookmark(versionOf(ledger, seq), shape) });
      }
      if (records.length === 0) await news.next(Math.min(LOOK_MS, until - clock.now()), clock, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    // Half an event may be out: nothing more can be said.
    response.destroy();
    throw error;
  } finally {
    if (!response.writableEnded) response.end();
    news.stop();
  }
}

/** The same as the index finds by its columns. */
export function isWanted(object: RecordObject, selection: Selection, namespace: string | undefined): boolean {
  const { entry, metadata } = object;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  if (selection.kinds !== undefined && !selection.kinds.includes(entry.kind)) return false;
  const fields = ['user', 'person', 'verb', 'resource', 'name', 'request', 'decision', 'outcome'] as const;
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

interface News {
  /** Resolves at a commit, at the signal, or after `ms`. */
  next(ms: number, clock: Clock, signal: AbortSignal): Promise<void>;
  stop(): void;
}

function createNews(ledger: Pick<Ledger, 'onCommitted'>): News {
  // A commit between a look and the wait for the next one is not missed.
  let missed = false;
  let tell: () => void = () => {
    missed = true;
  };
  const stop = ledger.onCommitted(() => tell());
  return {
    next: async (ms, clock, signal) => {
      const over = new AbortController();
      const committed = new Promise<void>((resolve) => {
        tell = resolve;
        if (missed) resolve();
      });
      const waited = clock.sleep(Math.max(0, ms), AbortSignal.any([signal, over.signal])).catch(() => undefined);
      await Promise.race([committed, waited]);
      over.abort();
      missed = false;
      tell = () => {
        missed = true;
      };
    },
    stop,
  };
}
