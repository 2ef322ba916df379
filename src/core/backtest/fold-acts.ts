import { type Act, succeeded } from './acts.ts';

/** kubectl's SPDY fallback comes at once; this is for a busy client. */
const FALLBACK_MS = 5_000;
/** Who is told to try later (429) does so at the time that they are told: minutes at most, for a policy's waits. */
const RETRY_MS = 5 * 60_000;
/** How far out of order events may arrive: several API servers, batches, and streams told of when they end. */
const DISORDER_MS = 10 * 60_000;
/** Acts that wait for their repetition; the oldest half goes on when there are more. */
const WAITING_LIMIT = 20_000;
/** Requests in mind by which the later stages of one are known. */
const SEEN_LIMIT = 100_000;

export interface ActFolder {
  /** @param request what all stages of one request have in common */
  add(request: string, act: Act): void;
  /** Nothing more will come. */
  end(): void;
}

/**
 * Makes one act of what one person did once: of the stages of a request and their redelivery, of kubectl's two protocols
 * for a stream, and of a write that the server said to try later. Acts go on in the order of time.
 */
export function createActFolder(emit: (act: Act) => void): ActFolder {
  const seen = new Set<string>();
  let waiting: Act[] = [];
  let latest = 0;

  const flush = (keep: (act: Act, index: number) => boolean): void => {
    waiting.sort((a, b) => a.receivedAt - b.receivedAt);
    const folded = fold(waiting);
    waiting = folded.filter(keep);
    for (const [index, act] of folded.entries()) if (!keep(act, index)) emit(act);
  };
  return {
    add(request, act) {
      if (seen.has(request)) return;
      seen.add(request);
      const oldest = seen.size > SEEN_LIMIT ? seen.keys().next().value : undefined;
      if (oldest !== undefined) seen.delete(oldest);
      latest = Math.max(latest, act.receivedAt);
      waiting.push(act);
      if (waiting.length < WAITING_LIMIT) return;
      flush(({ receivedAt }) => receivedAt > latest - DISORDER_MS);
      if (waiting.length >= WAITING_LIMIT / 2) flush((_, index) => index >= WAITING_LIMIT / 4);
    },
    end: () => flush(() => false),
  };
}

/** @param acts in the order of time */
function fold(acts: readonly Act[]): Act[] {
  const lastOf = new Map<string, number>();
  const folded: (Act | undefined)[] = [];
  for (const act of acts) {
    const at = lastOf.get(act.same);
    const before = at === undefined ? undefined : folded[at];
    if (at !== undefined && before !== undefined && repeats(before, act)) {
      folded[at] = merged(before, act);
      continue;
    }
    lastOf.set(act.same, folded.length);
    folded.push(act);
  }
  return folded.filter((act) => act !== undefined);
}

function repeats(before: Act, act: Act): boolean {
  const pause = act.receivedAt - before.answeredAt;
  if (succeeded(before)) return false;
  if (before.code === 429 && before.verb === act.verb) return pause < RETRY_MS;
  return (
    act.attributes.operation === 'CONNECT' && before.verb === 'get' && act.verb === 'create' && pause < FALLBACK_MS
  );
}

/** At the time of the first, with what became of the last; what had come to admission has come there. */
function merged(before: Act, act: Act): Act {
  const better = before.attempt.reached === true && act.attempt.reached !== true ? before : act;
  return { ...better, receivedAt: before.receivedAt, answeredAt: act.answeredAt, code: act.code, verb: act.verb };
}
