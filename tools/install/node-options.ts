import { join } from 'node:path';
import { repositoryRoot } from '../cluster/profiles.ts';

/**
 * How Node runs Sallyport from its sources. A young generation of 3 × 4 MiB, where Node's own is 3 × 16: one review needs less.
 * It is collected by one thread: several take longer over so little, and leave more of each page empty. And a full
 * collection when the heap is 40 % above what lives in it, where V8 lets so small a heap grow fourfold.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=4',
  '--no-parallel-scavenge',
  '--heap-growing-percent=40',
];

/**
 * How Node runs the audit role where that has a process of its own. What lives in its heap is so little that 40 % more of it is
 * hardly more than a young generation: V8 would be marking all of it nearly all the time, for a seventh of the processor's work.
 */
export const AUDIT_NODE_FLAGS: readonly string[] = [
  ...NODE_FLAGS.filter((flag) => !flag.startsWith('--heap-growing-percent')),
  '--heap-growing-percent=100',
];

/** Types are stripped once and not at every start, which needs 27 MiB of WebAssembly. */
export function nodeEnvironment(): Readonly<Record<string, string>> {
  return { NODE_COMPILE_CACHE: join(repositoryRoot(), '.local/node-compile-cache') };
}
