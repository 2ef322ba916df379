import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadJob, LoadResult } from './load-job.ts';
import { pinned } from './pinned.ts';

/** The load generator failed, or the server answered something else than it should. */
export class LoadError extends Error {
  readonly code = 'LOAD_FAILED';
  override readonly name = 'LoadError';
}

/** Runs one job in a process of its own, on the other core. */
export async function load(job: LoadJob): Promise<LoadResult> {
  const [command, args] = pinned('client', [process.execPath, join(import.meta.dirname, 'client.ts')]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => {
    throw new LoadError(`the load generator ended without a result for ${job.url}`);
  });
  child.send(job);
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [LoadResult];
  await ended.catch(() => undefined);
  if (result.failures > 0) {
    throw new LoadError(`${result.failures} of ${result.requests} answers of ${job.url} are wrong: ${result.failure}`);
  }
  return result;
}
