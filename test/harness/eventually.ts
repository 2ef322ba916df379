import { setTimeout as delay } from 'node:timers/promises';

/** Resolves once `condition` holds; looks every 5 ms of real time, for 5 s at most. */
export async function eventually(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await delay(5);
  }
}
