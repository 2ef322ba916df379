import { setImmediate } from 'node:timers/promises';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import type { Submission } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { type EventLimits, readEvent } from './read-event.ts';
import type { Cut } from './salvage-event.ts';
import { PlainEvent, plainEventsOf } from './plain-events.ts';
import { splitEventList } from './split-event-list.ts';

export interface BatchLimits extends EventLimits {
  /** Of one list. An API server sends 400 unless it is told otherwise (--audit-webhook-batch-max-size). */
  readonly maxEvents: number;
}

export interface StoredBatch {
  readonly events: number;
  /** Of these, those that were in the ledger before, as far as it shows. */
  readonly duplicates: number;
  /** Of these, those that a stub stands for, by reason. */
  readonly cuts: ReadonlyMap<Cut, number>;
  /** Age of the first event when the batch had come. */
  readonly lagSeconds?: number;
}

export type BatchResult =
  | { readonly kind: 'stored'; readonly batch: StoredBatch }
  /** The body is no list of events, and nothing of it was stored. */
  | { readonly kind: 'not a list'; readonly problem: string };

/** Handed to the ledger at once; a larger batch is stored in parts, and its redelivery finds those that were. */
const APPEND_RECORDS = 1_000;
const APPEND_BYTES = 4 * 1024 * 1024;

/** For so long the events of one batch are read before others get their turn: their answers, and admission reviews. */
const TURN_MS = 8;
/** The clock is looked at after so many bytes. */
const LOOK_BYTES = 128 * 1024;

/**
 * Splits, reads and appends; resolves when all of it is durable.
 *
 * @throws LedgerError as Ledger.append
 */
export async function storeBatch(
  body: Buffer,
  { ledger, clock, limits }: { readonly ledger: Ledger; readonly clock: Clock; readonly limits: BatchLimits },
): Promise<BatchResult> {
  const receivedAt = clock.now();
  const time = new Date(receivedAt).toISOString();
  const list = splitEventList(body, limits.maxEvents, plainEventsOf(body, limits));
  if (!list.ok) return { kind: 'not a list', problem: list.problem };

  const cuts = new Map<Cut, number>();
  let duplicates = 0;
  let first: string | undefined;
  let part: Submission[] = [];
  let [partBytes, unlooked, turnEnds] = [0, 0, receivedAt + TURN_MS];
  const append = async (): Promise<void> => {
    const before = ledger.head()?.seq ?? 0;
    const appended = ledger.append(part);
    part = [];
    partBytes = 0;
    duplicates += duplicatesAmong(await appended, before);
  };
  for (const item of list.items) {
    if (item instanceof PlainEvent) {
      part.push(item);
      first ??= item.data.stageTimestamp;
    } else {
      const { id, event, json = JSON.stringify(event), cut } = readEvent(body, item, limits, time);
      if (cut !== undefined) cuts.set(cut, (cuts.get(cut) ?? 0) + 1);
      part.push(textOf(id, json));
      first ??= event.stageTimestamp;
    }
    const bytes = item.end - item.start;
    partBytes += bytes;
    unlooked += bytes;
    if (part.length >= APPEND_RECORDS || partBytes >= APPEND_BYTES) await append();
    if (unlooked >= LOOK_BYTES) {
      unlooked = 0;
      if (clock.now() >= turnEnds) {
        await setImmediate();
        turnEnds = clock.now() + TURN_MS;
      }
    }
  }
  if (part.length > 0) await append();
  const age = first === undefined ? Number.NaN : receivedAt - Date.parse(first);
  const lag = Number.isNaN(age) ? {} : { lagSeconds: age / 1000 };
  return { kind: 'stored', batch: { events: list.items.length, duplicates, cuts, ...lag } };
}

/**
 * Of the event only its text is kept: hundreds of parsed ones would outlive the young generation while they wait for the disk,
 * which costs more than all else that is done to them. Whoever wants one parses it.
 */
function textOf(id: string, json: string): Submission {
  return {
    kind: 'AuditEvent',
    id,
    json,
    get data() {
      return JSON.parse(json) as AuditEvent;
    },
  };
}

/** The number of a duplicate is that of the first. */
function duplicatesAmong(numbers: readonly number[], before: number): number {
  let duplicates = 0;
  let last = before;
  for (const seq of numbers) {
    if (seq <= last) duplicates += 1;
    else last = seq;
  }
  return duplicates;
}
