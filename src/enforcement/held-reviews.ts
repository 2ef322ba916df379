import type { Metrics } from '../platform/telemetry/metrics.ts';

/** R14: how many commands are held at once. A held review holds a connection of the API server's. */
export interface HeldReviews {
  /** Counts one in and returns the way to count it out; undefined where there are too many already. */
  enter(username: string): (() => void) | undefined;
}

export interface HeldLimits {
  readonly heldPerRequester: number;
  readonly heldInAll: number;
}

/** @param onChange told how many are held in all, after each change */
export function createHeldReviews(limits: HeldLimits, onChange: (held: number) => void = () => undefined): HeldReviews {
  const byRequester = new Map<string, number>();
  let inAll = 0;
  return {
    enter: (username) => {
      const held = byRequester.get(username) ?? 0;
      if (held >= limits.heldPerRequester || inAll >= limits.heldInAll) return undefined;
      byRequester.set(username, held + 1);
      inAll += 1;
      onChange(inAll);
      return () => {
        const left = (byRequester.get(username) ?? 1) - 1;
        if (left === 0) byRequester.delete(username);
        else byRequester.set(username, left);
        inAll -= 1;
        onChange(inAll);
      };
    },
  };
}

/** Shows how many are held; 0 from the start. */
export function heldGauge(metrics: Metrics): (held: number) => void {
  const gauge = metrics.gauge({
    name: 'held_reviews',
    help: 'Commands that are held now, until their request is decided.',
    labels: {},
  });
  gauge.set({}, 0);
  return (held) => gauge.set({}, held);
}
