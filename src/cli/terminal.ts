import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Streams } from './context.ts';

/** Asks on stderr, so that stdout holds results only. */
export function terminalStreams(
  stdin: Readable & { readonly isTTY?: boolean },
  stdout: Writable,
  stderr: Writable,
): Streams {
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    isTTY: stdin.isTTY === true,
    ask(question) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const lines = createInterface({ input: stdin, output: stderr });
      lines.on('close', () => resolve(''));
      lines.question(question, (answer) => {
        resolve(answer);
        lines.close();
      });
      return promise;
    },
  };
}
