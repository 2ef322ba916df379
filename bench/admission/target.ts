import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Clock } from '../../src/ports/clock.ts';
import { logTail } from '../../tools/cluster/component-process.ts';
import { waitUntil } from '../../tools/cluster/wait.ts';
import { pinned } from './pinned.ts';

/** A webhook that is measured: one process. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  /** What it is, for the results: version and what is switched on. */
  readonly description: string;
  readonly pid: number;
  readonly authority: string;
  /** Where reviews of a class go. */
  readonly url: (reviewClass: 'connect' | 'write') => string;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Rejects with the end of its log when it has ended. */
  check(): Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly command: readonly string[];
  /** For logs. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const STOP_TIMEOUT_MS = 10_000;
const LISTEN_TIMEOUT_MS = 60_000;

/** Starts a server on its core. What it writes goes to a file, as it would to a container's log. */
export function startServer({ name, command, directory, env = {}, cwd }: Command): ServerProcess {
  const file = join(directory, `${name}.log`);
  const log = openSync(file, 'w');
  const [program, args] = pinned('server', command);
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started: ${program}`);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    check: async () => {
      if (hasEnded()) throw new Error(`${name} ended:\n${await logTail(file)}`);
    },
    [Symbol.asyncDispose]: async () => {
      if (hasEnded()) return;
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Waits until the server takes a TLS connection. */
export async function listening(server: ServerProcess, url: string, authority: string, clock: Clock): Promise<void> {
  const { hostname: host, port } = new URL(url);
  await waitUntil({ what: url, timeoutMs: LISTEN_TIMEOUT_MS, clock, check: () => server.check() }, async () => {
    const socket = connect({ host, port: Number(port), ca: authority });
    await once(socket, 'secureConnect').finally(() => socket.destroy());
    return true;
  });
}
