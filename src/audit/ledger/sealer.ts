import type { LedgerEvents } from './ledger-events.ts';
import type { ClosedSegment } from './seal-segment.ts';
import type { Seal } from './signed-file.ts';

/** Seals closed segments one after the other, while the ledger goes on. */
export interface Sealer {
  add(segment: ClosedSegment): void;
  /** Tries again what failed, and resolves when there is nothing left to try. */
  settle(): Promise<void>;
}

export function createSealer(seal: (segment: ClosedSegment) => Promise<Seal>, events: LedgerEvents): Sealer {
  let waiting: readonly ClosedSegment[] = [];
  let running: Promise<void> | undefined;

  const run = async () => {
    // Where nothing waits it would end before anybody could know that it runs, and be taken to run for ever.
    await Promise.resolve();
    const failed: ClosedSegment[] = [];
    for (;;) {
      const [segment, ...rest] = waiting;
      if (segment === undefined) break;
      waiting = rest;
      try {
        events.sealed(await seal(segment));
      } catch (error) {
        events.failed('Seal', error);
        failed.push(segment);
      }
    }
    waiting = failed;
    running = undefined;
  };
  const settle = (): Promise<void> => {
    running ??= run();
    return running;
  };
  return {
    add: (segment) => {
      waiting = [...waiting, segment];
      settle().catch(() => undefined);
    },
    settle,
  };
}
