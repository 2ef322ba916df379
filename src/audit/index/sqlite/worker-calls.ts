import { Worker } from 'node:worker_threads';
import { IndexError } from '../evidence-index.ts';
import type { CallName, Calls, Reply, WorkerSetup } from './calls.ts';

/** Each waits for those before it; whoever asks an index that is so far behind is told at once. */
const MAX_WAITING = 64;

/** Calls to one worker thread, one after another. */
export interface WorkerCalls extends AsyncDisposable {
  /** @throws IndexError Slow, Unavailable, Corrupt; the signal's reason */
  call<K extends CallName>(name: K, args: Calls[K]['args'], signal?: AbortSignal): Promise<Calls[K]['result']>;
}

interface Waiting {
  readonly name: CallName;
  readonly args: Calls[CallName]['args'];
  readonly settle: (reply: Reply) => void;
}

/** A search holds its thread for milliseconds to seconds (node:sqlite is synchronous), so not ours. */
export function startWorker(directory: string, readOnly: boolean): WorkerCalls {
  const cancelled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const flag = new Int32Array(cancelled);
  const setup: WorkerSetup = { directory, readOnly, cancelled };
  const worker = new Worker(new URL('sqlite-worker.ts', import.meta.url), { workerData: setup });
  const waiting: Waiting[] = [];
  let running: Waiting | undefined;
  let ended: string | undefined;

  const next = (): void => {
    if (running !== undefined || ended !== undefined) return;
    running = waiting.shift();
    if (running === undefined) return;
    Atomics.store(flag, 0, 0);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage({ call: running.name, args: running.args });
  };
  const end = (why: string): void => {
    ended ??= why;
    for (const each of [running, ...waiting.splice(0)]) {
      each?.settle({ ok: false, code: 'Unavailable', message: ended });
    }
    running = undefined;
  };
  worker.on('message', (reply: Reply) => {
    const done = running;
    running = undefined;
    done?.settle(reply);
    next();
  });
  worker.on('error', (error: Error) => end(`the thread of the index failed: ${error.message}`));
  worker.on('exit', () => end('the thread of the index has ended'));

  return {
    call: (name, args, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        if (ended !== undefined) throw new IndexError('Unavailable', ended);
        if (waiting.length >= MAX_WAITING) throw new IndexError('Unavailable', 'too many searches wait already');
        const cancel = (): void => {
          const place = waiting.indexOf(mine);
          if (place >= 0) waiting.splice(place, 1);
          if (running === mine) Atomics.store(flag, 0, 1);
          reject(signal?.reason);
        };
        const mine: Waiting = {
          name,
          args,
          settle: (reply) => {
            signal?.removeEventListener('abort', cancel);
            if (reply.ok) resolve(reply.result);
            else reject(new IndexError(reply.code === 'Cancelled' ? 'Unavailable' : reply.code, reply.message));
          },
        };
        signal?.addEventListener('abort', cancel, { once: true });
        waiting.push(mine);
        next();
      }),
    [Symbol.asyncDispose]: async () => {
      end('the index is closed');
      await worker.terminate();
    },
  };
}
