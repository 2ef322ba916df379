import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Streams } from './context.ts';

/** What the environment says of the terminal. */
export interface TerminalWishes {
  /** `NO_COLOR` (no-color.org): whatever it says. */
  readonly noColour: boolean;
  /** `TERM=dumb`: a terminal that knows no escapes. */
  readonly dumb: boolean;
}

/** Asks on stderr, so that stdout holds results only. */
export function terminalStreams(
  stdin: Readable & { readonly isTTY?: boolean },
  stdout: Writable & { readonly isTTY?: boolean },
  stderr: Writable & { readonly isTTY?: boolean },
  { noColour, dumb }: TerminalWishes,
): Streams {
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    isTTY: stdin.isTTY === true,
    stderrIsTTY: stderr.isTTY === true && !dumb,
    stdoutHasColours: stdout.isTTY === true && !noColour && !dumb,
    ask(question) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const lines = createInterface({ input: stdin, output: stderr });
      // Ctrl-C or the end of input leaves the cursor behind the question.
      lines.once('close', () => {
        stderr.write('\n');
        resolve('');
      });
      lines.question(question, (answer) => {
        resolve(answer);
        lines.removeAllListeners('close');
        lines.close();
      });
      return promise;
    },
  };
}
