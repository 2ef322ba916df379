import { createHash } from 'node:crypto';
import { type Sink, SinkDelayedError, type SinkMessage } from './sink.ts';

/** Of one bucket; what `src/audit/s3` gives. */
export interface SinkStore {
  /** Resolves when the object is there, now or since earlier. */
  put(
    object: { readonly key: string; readonly bytes: number; readonly sha256: string; readonly contentType: string },
    open: () => Uint8Array,
    signal: AbortSignal,
  ): Promise<unknown>;
}

/**
 * Objects of NDJSON, one document a line, named by their first and last record and by their contents: what is sent again is
 * the same object, and nothing is ever overwritten, so that the bucket may forbid it. A batch that a crash put together anew
 * overlaps with what was there: the ids are the same. Checkpoints are objects of their own.
 *
 * @param prefix such as `sallyport/`; the ledger's id follows
 */
export function createS3Sink(store: SinkStore, prefix: string): Sink {
  return {
    send: async (batch, signal) => {
      const body = Buffer.from(batch.map(({ json }) => `${json}\n`).join(''));
      const sha256 = createHash('sha256').update(body).digest('hex');
      const key = `${prefix}${keyOf(batch, sha256)}`;
      const object = { key, bytes: body.length, sha256, contentType: 'application/x-ndjson' };
      await store
        .put(object, () => body, signal)
        .catch((error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof SinkDelayedError) throw error;
          const why = error instanceof Error ? error.message.slice(0, MOST_WORDS) : 'unknown';
          throw new SinkDelayedError('Unavailable', why, undefined, { cause: error });
        });
      return { rejected: 0 };
    },
  };
}

/** Of somebody else's text, for the log. */
const MOST_WORDS = 300;

/** Sorted by name they are in order. */
const DIGITS = 20;

function keyOf(batch: readonly SinkMessage[], sha256: string): string {
  const [first] = batch;
  const ledger = first?.document.sallyport.ledger ?? '';
  const number = ({ seq }: { readonly seq: number } = { seq: 0 }) => String(seq).padStart(DIGITS, '0');
  const name = `${number(first)}-${number(batch.at(-1))}-${sha256.slice(0, 8)}.ndjson`;
  return `${ledger}/${first?.kind === 'Checkpoint' ? 'heads' : 'records'}/${name}`;
}
