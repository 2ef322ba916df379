import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditEvent, eventListOf } from '../../test/builders/audit-events.ts';

/** As kube-apiserver batches them (--audit-webhook-batch-max-size). */
export const BATCH_EVENTS = 400;

/** What the API server is told to send of a request: who did what (docs/audit.md recommends it), or the objects as well. */
export const EVENT_LEVELS = ['Metadata', 'RequestResponse'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

export interface Batch {
  /** The body, each of whose events is another one than those of all batches before. */
  next(): Buffer;
}

/** As kube-apiserver 1.36 wrote them when kubectl created, scaled and changed things: most of it is managedFields. */
const WRITES = join(import.meta.dirname, 'request-response.ndjson');

const ID_MARK = '"auditID":"3f2b6d0e-7c1d-4b7e-9a55-';
/** The last part of an audit id. */
const ID_LENGTH = 12;

/** Bodies of one connection. Only the audit ids are written anew: making a batch must not cost more than taking one. */
export function createBatches(connection: number, level: EventLevel): Batch {
  const events = texts(level);
  const items = Array.from({ length: BATCH_EVENTS }, (_, at) => events[at % events.length] ?? '');
  const body = Buffer.from(eventListOf(items));
  const places: number[] = [];
  for (let at = body.indexOf(ID_MARK); at !== -1; at = body.indexOf(ID_MARK, at + 1)) places.push(at + ID_MARK.length);
  if (places.length !== BATCH_EVENTS) throw new Error(`${places.length} audit ids in ${BATCH_EVENTS} events`);
  let number = connection * 0x1_0000_0000;
  return {
    next: () => {
      for (const place of places) {
        number += 1;
        body.latin1Write(number.toString(16).padStart(ID_LENGTH, '0'), place, ID_LENGTH);
      }
      return body;
    },
  };
}

function texts(level: EventLevel): readonly string[] {
  switch (level) {
    case 'Metadata':
      return Array.from({ length: BATCH_EVENTS }, (_, at) => JSON.stringify(auditEvent(at)));
    case 'RequestResponse':
      return readFileSync(WRITES, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/"auditID":"[0-9a-f-]+/, `${ID_MARK}${'0'.repeat(ID_LENGTH)}`));
  }
}
