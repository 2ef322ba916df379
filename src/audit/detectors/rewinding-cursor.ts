import type { Cursor } from '../ledger/follow.ts';

/** What is in memory is learnt anew after a start, by reading at least this much once more. */
export const REWIND_MS = 600_000;

/** Between two places to begin at. */
const STEP_MS = 15_000;

/** A cursor of a follower with a memory: it is saved where that memory begins, not where the follower is. */
export function createRewindingCursor(
  saved: Cursor,
  rewindMs: number,
): {
  readonly cursor: Cursor;
  /** @param time of the record, in milliseconds */
  passed(seq: number, time: number): void;
} {
  const places: { readonly seq: number; readonly time: number }[] = [];
  let last: number | undefined;
  return {
    passed(seq, time) {
      const before = places.at(-1);
      if (before === undefined || time - before.time >= STEP_MS) places.push({ seq: seq - 1, time });
      while (places[1] !== undefined && places[1].time <= time - rewindMs) places.shift();
    },
    cursor: {
      load: () => saved.load(),
      save: async () => {
        const [place] = places;
        if (place === undefined || place.seq === last) return;
        await saved.save(place.seq);
        last = place.seq;
      },
    },
  };
}
