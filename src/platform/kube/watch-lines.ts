import { KubeResponseError } from './errors.ts';

/** An object is 1.5 MiB in etcd at most (its request limit); JSON escaping can make that several times as long. */
const MAX_WATCH_LINE_BYTES = 12 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Splits a watch's body into lines. What follows the last newline when the body ends is dropped: a frame that was cut
 * off never counts as an event.
 *
 * @throws KubeResponseError `TooLarge` for a line of more than `limit` bytes
 */
export async function* watchLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: number = MAX_WATCH_LINE_BYTES,
): AsyncGenerator<string, void, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      refuseLonger(heldBytes + end - start, limit);
      const line = Buffer.concat([...held, chunk.subarray(start, end)]).toString('utf8');
      held = [];
      heldBytes = 0;
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) {
      held.push(chunk.subarray(start));
      heldBytes += chunk.length - start;
      refuseLonger(heldBytes, limit);
    }
  }
}

function refuseLonger(bytes: number, limit: number): void {
  if (bytes > limit) throw new KubeResponseError('TooLarge', `a line of the watch is longer than ${limit} bytes`);
}
