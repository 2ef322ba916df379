import { parseDenial } from '../core/decision/denial.ts';
import type { Clock } from '../ports/clock.ts';

/** Splits what a command writes to stderr into what is shown at once and the denials that are asked about first. */
export interface DenialFilter {
  write(chunk: Buffer): void;
  /** Shows what is left of the last line, and gives the lines that were held back. */
  end(): HeldDenials;
}

export interface HeldDenials {
  /** As they were written, line ends included. */
  readonly lines: readonly Buffer[];
  /** namespace/name of each request that they say is pending, once each. */
  readonly requests: readonly string[];
}

/** A line without an end is shown then: it is a question or a progress bar. kubectl writes an error in one piece. */
const QUIET_MS = 50;
/** A denial has a few KiB at most. */
const LINE_LIMIT = 64 * 1024;
/** Of all the lines held back: `kubectl apply` of many objects writes one for each. */
const HELD_LIMIT = 256 * 1024;
const HELD_REQUESTS = 16;

const LINE_END = 0x0a;

export function createDenialFilter(show: (bytes: Buffer) => void, clock: Clock): DenialFilter {
  const lines: Buffer[] = [];
  const requests = new Set<string>();
  let partial: Buffer = Buffer.alloc(0);
  let heldBytes = 0;
  let quiet = new AbortController();

  function finish(line: Buffer): void {
    if (line.length === 0) return;
    const request = askedFor(line);
    const fits = requests.size < HELD_REQUESTS && heldBytes + line.length <= HELD_LIMIT;
    if (request === undefined || !fits) {
      show(line);
      return;
    }
    heldBytes += line.length;
    lines.push(line);
    requests.add(request);
  }

  function showPartial(): void {
    const rest = partial;
    partial = Buffer.alloc(0);
    finish(rest);
  }

  return {
    write(chunk) {
      quiet.abort();
      const bytes = partial.length === 0 ? chunk : Buffer.concat([partial, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
        finish(bytes.subarray(start, end + 1));
        start = end + 1;
      }
      partial = bytes.subarray(start);
      if (partial.length === 0) return;
      if (partial.length > LINE_LIMIT) {
        showPartial();
        return;
      }
      quiet = new AbortController();
      clock.sleep(QUIET_MS, quiet.signal).then(showPartial, ignoreAbort);
    },
    end() {
      quiet.abort();
      showPartial();
      return { lines, requests: [...requests] };
    },
  };
}

/** More text followed, and another sleep with it. */
function ignoreAbort(): void {}

function askedFor(line: Buffer): string | undefined {
  if (line.length > LINE_LIMIT) return undefined;
  const tail = parseDenial(line.toString('utf8'));
  return tail?.code === 'ApprovalRequired' ? tail.request : undefined;
}
