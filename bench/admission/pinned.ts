import { availableParallelism } from 'node:os';

/** The server that is measured has a core for itself; the client, etcd and the API server share the other. */
const CORES = { server: '0', client: '1' } as const;

/** A command that runs on one core: taskset(1) is part of util-linux, and replaces itself, so the pid stays the command's. */
export function pinned(who: keyof typeof CORES, command: readonly string[]): [string, string[]] {
  const [program = '', ...args] = command;
  return availableParallelism() < 2 ? [program, args] : ['taskset', ['-c', CORES[who], program, ...args]];
}
