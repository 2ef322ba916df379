import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../src/ports/clock.ts';
import type { ClusterPaths } from './paths.ts';
import { waitUntil } from './wait.ts';

/** A process of a cluster, as the kernel's process table shows it. */
export interface ClusterProcess {
  readonly pid: number;
  /** The program: kubelet, kube-apiserver, …, containerd, containerd-shim-runc-v2. */
  readonly program: string;
}

/** The programs of a cluster. An editor or a shell that has a file of its directory open is none of them. */
const PROGRAMS = new Set(['cluster', 'containerd', 'containerd-shim-runc-v2', 'runc', 'ctr']);

const KILL_TIMEOUT_MS = 10_000;

/**
 * The running processes of the cluster with these paths. There are no pid files: after a crash or a reboot such a
 * file may name a process of somebody else. What counts is that the program is one of ours and that its arguments
 * name this cluster's directory.
 */
export async function clusterProcesses(paths: ClusterPaths, proc = '/proc'): Promise<ClusterProcess[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const program = ownProgram(await readArguments(proc, pid), paths);
      return program === undefined ? [] : [{ pid: Number(pid), program }];
    }),
  );
  return found.flat();
}

/** The name of the program if a process with these arguments belongs to the cluster, otherwise undefined. */
export function ownProgram(args: readonly string[], paths: ClusterPaths): string | undefined {
  const called = basename(args[0] ?? '');
  if (!PROGRAMS.has(called)) return undefined;
  const names = args
    .slice(1)
    .some((argument) => mentions(argument, paths.directory) || mentions(argument, paths.runtime));
  if (!names) return undefined;
  return called === 'cluster' ? args[1] : called;
}

/** `/a/b` is mentioned by `--x=/a/b` and `/a/b/c`, not by `/a/b2` nor by `/z/a/b`. */
function mentions(argument: string, path: string): boolean {
  const quoted = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(^|[=:,]|//)${quoted}(/|,|$)`).test(argument);
}

async function readArguments(proc: string, pid: string): Promise<string[]> {
  // A process may end between the listing and here.
  const line = await readFile(join(proc, pid, 'cmdline'), 'utf8').catch(() => '');
  return line.split('\0');
}

/**
 * Ends processes of the cluster at once and waits until they are gone. SIGKILL, because nothing of a disposable
 * cluster outlives it, and an API server that is asked politely keeps its port for up to a minute.
 */
export async function killProcesses(
  paths: ClusterPaths,
  clock: Clock,
  which: (process: ClusterProcess) => boolean,
): Promise<void> {
  const remaining = async (): Promise<ClusterProcess[]> => (await clusterProcesses(paths)).filter(which);
  await waitUntil(
    { what: `the processes of ${paths.directory} to end`, timeoutMs: KILL_TIMEOUT_MS, clock },
    async () => {
      const processes = await remaining();
      for (const { pid } of processes) signal(pid);
      return processes.length === 0;
    },
  );
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}
