import type { Clock } from '../../ports/clock.ts';

export interface TurnstileLimits {
  /** Batches that are read and stored at once. */
  readonly atOnce: number;
  /** Batches of one source that wait. */
  readonly waiting: number;
}

/** Ends one's turn; harmless when repeated. */
export type Leave = () => void;

export interface Turnstile {
  /** Whether a batch of this source would be turned away at once. */
  full(source: string): boolean;
  /**
   * Waits for a turn, at most until `deadline` (milliseconds since the epoch): the sources take turns, however many batches
   * each has waiting. Of one source the newest goes first: when more comes than can be stored, the oldest would have its turn
   * just before its time is up, and each would be stored, answered too late, and sent again.
   *
   * @returns undefined when the deadline came first, or too many wait already
   */
  enter(source: string, deadline: number): Promise<Leave | undefined>;
}

interface Waiting {
  readonly begin: () => void;
}

export function createTurnstile({ atOnce, waiting }: TurnstileLimits, clock: Clock): Turnstile {
  let inside = 0;
  /** In the order in which the sources have their next turn. */
  const queues = new Map<string, Waiting[]>();

  const admit = (): Leave => {
    inside += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      next();
    };
  };
  const next = (): void => {
    const [first] = queues;
    if (first === undefined || inside >= atOnce) return;
    const [source, queue] = first;
    const one = queue.pop();
    queues.delete(source);
    // Behind all the others.
    if (queue.length > 0) queues.set(source, queue);
    one?.begin();
  };
  const full = (source: string): boolean => (queues.get(source)?.length ?? 0) >= waiting;

  return {
    full,
    enter: (source, deadline) => {
      if (inside < atOnce && queues.size === 0) return Promise.resolve(admit());
      if (full(source)) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const queue = queues.get(source) ?? [];
        const one: Waiting = {
          begin: () => {
            callOff();
            resolve(admit());
          },
        };
        const callOff = clock.after(Math.max(0, deadline - clock.now()), () => {
          queue.splice(queue.indexOf(one), 1);
          if (queue.length === 0) queues.delete(source);
          resolve(undefined);
        });
        queue.push(one);
        queues.set(source, queue);
      });
    },
  };
}
