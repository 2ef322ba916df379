import { join } from 'node:path';
import { repositoryRoot } from '../cluster/profiles.ts';

/**
 * How Node runs Sallyport from its sources. A young generation of 3 × 2 MiB: one review needs less, and with Node's own 48 MiB
 * a third of the resident memory is garbage of the last moment.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=2'];

/** Types are stripped once and not at every start, which needs 27 MiB of WebAssembly. */
export function nodeEnvironment(): Readonly<Record<string, string>> {
  return { NODE_COMPILE_CACHE: join(repositoryRoot(), '.local/node-compile-cache') };
}
