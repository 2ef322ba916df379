import type { Streams } from './context.ts';

/** What is going on, for whoever waits. */
export interface Progress {
  /** @param change what stands in a log once it is new; @param detail what changes by the second, for a terminal */
  show(change: string, detail: string): void;
  /** Leaves the terminal's line to what comes next. */
  end(): void;
}

/** Erase from the cursor to the end of the line (ECMA-48 EL). */
const ERASE = '\u001B[K';

/** One line that is written anew on a terminal; elsewhere a line at each change. */
export function createProgress(streams: Pick<Streams, 'stderr' | 'stderrIsTTY'>): Progress {
  let shown = '';
  let open = false;
  return {
    show(change, detail) {
      const line = streams.stderrIsTTY ? `${change} (${detail})` : change;
      if (line === shown) return;
      shown = line;
      streams.stderr(streams.stderrIsTTY ? `\r${line}${ERASE}` : `${line}\n`);
      open = streams.stderrIsTTY;
    },
    end() {
      if (open) streams.stderr('\n');
      open = false;
    },
  };
}
