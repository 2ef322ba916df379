import { type Sink, SinkDelayedError, type SinkMessage } from './sink.ts';

/** Of one bucket. */
export interface ObjectStore {
  /** Resolves when the object is there; one of the same key is replaced. */
  put(key: string, body: Buffer, contentType: string, signal: AbortSignal): Promise<void>;
}

/**
 * Objects of NDJSON, one document a line. A batch is named by its first record: after a crash it is put together anew from
 * there, perhaps with more records, and replaces what it was. Checkpoints are objects of their own.
 *
 * @param prefix such as `sallyport/`; the ledger's id follows
 */
export function createS3Sink(store: ObjectStore, prefix: string): Sink {
  return {
    send: async (batch, signal) => {
      const body = Buffer.from(batch.map(({ json }) => `${json}\n`).join(''));
      await store.put(`${prefix}${keyOf(batch)}`, body, 'application/x-ndjson', signal).catch((error: unknown) => {
        signal.throwIfAborted();
        const why = error instanceof Error ? error.name : 'unknown';
        throw error instanceof SinkDelayedError
          ? error
          : new SinkDelayedError('Unavailable', `the object was not stored: ${why}`, undefined, { cause: error });
      });
      return { rejected: 0 };
    },
  };
}

/** Sorted by name they are in order. */
const DIGITS = 20;

function keyOf(batch: readonly SinkMessage[]): string {
  const [first] = batch;
  const ledger = first?.document.sallyport.ledger ?? '';
  const seq = String(first?.seq ?? 0).padStart(DIGITS, '0');
  return first?.kind === 'Checkpoint' ? `${ledger}/heads/${seq}.json` : `${ledger}/records/${seq}.ndjson`;
}
