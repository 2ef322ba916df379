/** So much at once and no more; who comes first goes first. */
export interface Slots {
  /** Resolves when there is one. */
  take(): Promise<void>;
  give(): void;
  /** Lets everybody through who waits: they are to see for themselves that it is over. */
  wakeAll(): void;
}

export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];
  return {
    async take() {
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve) => {
        queue.push(resolve);
      });
    },
    give() {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    },
    wakeAll() {
      for (const resume of queue.splice(0)) resume();
    },
  };
}
