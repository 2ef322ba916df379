import type { EvidenceKind } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger, StoredRecord } from '../../ports/ledger.ts';
import { type Cursor, follow } from '../ledger/follow.ts';
import { asDelay, type Delivery, deliver } from './deliver.ts';
import type { Sink, SinkMessage } from './sink.ts';
import type { SinkEvents } from './sink-events.ts';
import { type Head, headMessage, toMessage } from './to-message.ts';

export interface RunSinkOptions {
  readonly sink: Sink;
  /** Other records are passed over. */
  readonly kinds: readonly EvidenceKind[];
  /** Sent at once at most: records, and bytes of their JSON. */
  readonly batch: { readonly records: number; readonly bytes: number };
  /** How long a batch that is not full waits for more, in milliseconds. */
  readonly lingerMs: number;
  /** Of one message; a record that makes a longer one goes without its line. */
  readonly messageBytes: number;
}

/** The newest checkpoint that the ledger has signed, and its text. */
export type ReadHead = () => Promise<(Head & { readonly text: string }) | undefined>;

export interface RunSinkDeps {
  readonly ledger: Ledger;
  readonly cursor: Cursor;
  readonly readHead: ReadHead;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: SinkEvents;
}

/** Read at once; what passes the filter is sent in batches, and the cursor moves behind all of it. */
const READ = { records: 1_000, bytes: 4 * 1024 * 1024 } as const;

/** How often the lag is measured, and a new checkpoint is looked for. */
const LOOK_MS = 15_000;

/**
 * Sends each record of the ledger to one sink, in order and at least once, until the signal. What is sent twice has the same
 * id. Whatever the sink does, the ledger and other sinks do not wait for it.
 */
export async function runSink(options: RunSinkOptions, deps: RunSinkDeps, signal: AbortSignal): Promise<void> {
  const { sink, kinds, batch, lingerMs, messageBytes } = options;
  const { ledger, cursor, clock, random, events } = deps;
  const progress = { seq: 0, oldest: undefined as number | undefined };
  const probe = () =>
    headMessage({ ...(ledger.head() ?? NO_HEAD), time: new Date(clock.now()).toISOString() }, ledger.id);
  const delivery: Delivery = { sink, events, clock, random, probe };

  const handle = async (records: readonly StoredRecord[]) => {
    const [first] = records;
    if (first === undefined) return;
    if (first.seq > progress.seq + 1) events.missed(first.seq - progress.seq - 1, progress.seq);
    progress.oldest = Date.parse(first.record.time);
    const wanted = records.filter(({ record }) => kinds.includes(record.kind));
    for (const part of batches(wanted, (stored) => toMessage(stored, ledger.id, messageBytes), batch)) {
      await deliver(part, delivery, signal);
    }
  };
  const limits = { records: Math.max(READ.records, batch.records), bytes: Math.max(READ.bytes, batch.bytes) };
  const following = follow(
    {
      ledger: { ...pick(ledger), read: lingering(ledger, { lingerMs, clock, signal }) },
      cursor: {
        load: async () => {
          const seq = await cursor.load();
          const head = ledger.head()?.seq ?? 0;
          if (seq > head) events.setBack(seq, head);
          progress.seq = Math.min(seq, head);
          return progress.seq;
        },
        save: (seq) => cursor.save(seq),
      },
      handle,
      limits,
      clock,
      random,
      onError: (error, attempt, ms) => {
        const { code, message } = asDelay(error);
        events.delayed(code, message, attempt, ms);
      },
      onProgress: (seq) => {
        progress.seq = seq;
        progress.oldest = undefined;
      },
    },
    signal,
  );
  await Promise.all([following, look(progress, options, deps, signal)]);
}

const NO_HEAD = { seq: 0, hash: '0'.repeat(64) } as const;

/** Measures, and sends checkpoints on, which need no order and no cursor: the newest says all that earlier ones did. */
async function look(
  progress: { readonly seq: number; readonly oldest: number | undefined },
  { sink }: RunSinkOptions,
  { ledger, readHead, clock, events }: RunSinkDeps,
  signal: AbortSignal,
): Promise<void> {
  let told: number | undefined;
  while (!signal.aborted) {
    const behind = Math.max(0, (ledger.head()?.seq ?? 0) - progress.seq);
    const oldest = behind === 0 ? undefined : progress.oldest;
    events.lag(behind, oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000);
    try {
      const head = await readHead();
      if (head !== undefined && head.seq !== told) {
        await sink.send([headMessage(head, ledger.id, head.text)], signal);
        told = head.seq;
      }
    } catch {
      // The records that follow it fail as well, and say why.
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

/** A read that finds less than a batch looks once more when its first record has waited long enough for others. */
function lingering(
  ledger: Ledger,
  options: {
    readonly lingerMs: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Ledger['read'] {
  const { lingerMs, clock, signal } = options;
  return async (afterSeq, limits) => {
    const records = await ledger.read(afterSeq, limits);
    const [first] = records;
    if (first === undefined || records.length >= limits.records) return records;
    const ms = Math.min(lingerMs, Date.parse(first.record.time) + lingerMs - clock.now());
    if (ms <= 0) return records;
    await clock.sleep(ms, signal);
    return ledger.read(afterSeq, limits);
  };
}

function pick(ledger: Ledger): Ledger {
  return {
    id: ledger.id,
    head: () => ledger.head(),
    append: (submissions) => ledger.append(submissions),
    read: (afterSeq, limits) => ledger.read(afterSeq, limits),
    onCommitted: (listener) => ledger.onCommitted(listener),
  };
}

/** In order; only one message is longer than a batch may be, and then alone. */
function* batches(
  records: readonly StoredRecord[],
  toMessage: (stored: StoredRecord) => SinkMessage,
  most: { readonly records: number; readonly bytes: number },
): Generator<readonly SinkMessage[]> {
  let part: SinkMessage[] = [];
  let bytes = 0;
  for (const stored of records) {
    const message = toMessage(stored);
    if (part.length > 0 && (part.length >= most.records || bytes + message.bytes > most.bytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(message);
    bytes += message.bytes;
  }
  if (part.length > 0) yield part;
}
