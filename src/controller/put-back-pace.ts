import type { Clock } from '../ports/clock.ts';

/** How often an object may be put back before somebody else is taken to write it again and again. */
const BURST = 5;
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 500;
/** What the resync would do without any watch. */
const LONGEST_PAUSE_MS = 15_000;

/**
 * A cloud's enforcer, or a GitOps tool that thinks that our objects are its own, writes as soon as we have written. Two that
 * do so at once would keep the API server busy and drown the alarm.
 */
export interface Pace {
  note(): void;
  /** How long to wait, in milliseconds, before the next change is looked at. */
  pause(): number;
}

export function createPace(clock: Clock): Pace {
  let noted: readonly number[] = [];
  const recent = () => noted.filter((at) => clock.now() - at < WINDOW_MS);
  return {
    note: () => {
      noted = [...recent(), clock.now()];
    },
    pause: () => {
      const beyond = recent().length - BURST;
      return beyond < 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** beyond, LONGEST_PAUSE_MS);
    },
  };
}
