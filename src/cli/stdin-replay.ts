import type { Readable, Writable } from 'node:stream';

/** Standard input that is no terminal: what a command has read of it is there again for the next. */
export interface StdinReplay {
  /** Writes all of it from the beginning, and goes on with what comes. Returns how to stop. */
  attach(target: Writable): () => void;
  /** Whether the next command would get all of it. */
  whole(): boolean;
  /** Reads no more, so that the process can end. */
  close(): void;
}

/** More than an API server takes of one object many times over; a stream of this size is not held twice. */
const STDIN_LIMIT = 16 * 1024 * 1024;

export function createStdinReplay(stdin: Readable, limit: number = STDIN_LIMIT): StdinReplay {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let overflowed = false;
  let ended = false;
  let target: Writable | undefined;

  stdin.pause();
  stdin.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    overflowed ||= bytes > limit;
    if (overflowed) chunks.length = 0;
    else chunks.push(chunk);
    if (target?.write(chunk) === false) stdin.pause();
  });
  const finish = (): void => {
    ended = true;
    target?.end();
  };
  stdin.once('end', finish);
  // A stdin that cannot be read, such as a closed one, is an empty one.
  stdin.once('error', finish);

  return {
    attach(next) {
      target = next;
      // The command has gone, or reads no more: its exit code says the rest.
      next.on('error', ignoreBrokenPipe);
      next.on('drain', () => void stdin.resume());
      for (const chunk of chunks) next.write(chunk);
      if (ended) next.end();
      else stdin.resume();
      return () => {
        target = undefined;
        stdin.pause();
      };
    },
    whole: () => !overflowed,
    close: () => void stdin.destroy(),
  };
}

function ignoreBrokenPipe(): void {}
