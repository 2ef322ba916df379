import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 100;

/** Tries until `attempt` resolves, and returns what it gave; after `withinMs` its last error is the test's. */
export async function achieves<T>(what: string, attempt: () => Promise<T>, withinMs = 15_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw new Error(`waited ${withinMs / 1000} s for ${what}`, { cause: error });
    }
    await delay(INTERVAL_MS);
  }
}
