import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signals } from './signals.ts';
import { createStdinReplay } from './stdin-replay.ts';

/** The command line of a program: its file, looked up on the PATH, and its arguments. Never a shell's. */
export type Argv = readonly [string, ...string[]];

export interface CommandEnd {
  /** Of the command, or 128 and the number of the signal that ended it, as shells say it. */
  readonly exitCode: number;
  readonly signalled: boolean;
}

/** One command line that is run, perhaps several times, in our place: same terminal, same input, same output. */
export interface Commands {
  /** @throws CliError when it cannot be started */
  run(argv: Argv, onStderr: (chunk: Buffer) => void): Promise<CommandEnd>;
  /** Writes to the stderr that is shown. */
  show(bytes: Buffer): void;
  /** Whether a second run would get the same input as the first. */
  repeatable(): boolean;
  close(): void;
}

export interface CommandStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** A child of the command that lives on may hold stderr open. */
const DRAIN_MS = 1_000;

export function createCommands({ stdin, stdout, stderr }: CommandStreams, signals: Signals, clock: Clock): Commands {
  const replay = stdin.isTTY === true ? undefined : createStdinReplay(stdin);
  const terminal = [stdin, stdout, stderr].some((stream) => stream.isTTY === true);
  return {
    async run([file, ...args], onStderr) {
      const child = spawn(file, args, { stdio: [replay === undefined ? 'inherit' : 'pipe', 'inherit', 'pipe'] });
      const stopListening = signals.listen((signal) => {
        // A terminal sends it to the command too: twice means "at once" to many.
        if (signal !== 'SIGINT' || !terminal) child.kill(signal);
      });
      child.stderr?.on('data', onStderr);
      const drained = child.stderr === null ? undefined : once(child.stderr, 'close').catch(() => undefined);
      const patience = new AbortController();
      const detach = child.stdin === null ? undefined : replay?.attach(child.stdin);
      try {
        const end = await ended(child, file);
        await Promise.race([drained, clock.sleep(DRAIN_MS, patience.signal).catch(() => undefined)]);
        return end;
      } finally {
        patience.abort();
        detach?.();
        stopListening();
        child.stdin?.destroy();
        child.stderr?.destroy();
      }
    },
    show: (bytes) => void stderr.write(bytes),
    repeatable: () => replay?.whole() !== false,
    close: () => replay?.close(),
  };
}

function ended(child: ChildProcess, file: string): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new CliError(EXIT.commandNotFound, `there is no command ${file}`, 'it must be on the PATH', { cause })
          : new CliError(EXIT.commandNotStarted, `${file} cannot be started: ${cause.message}`, undefined, { cause }),
      );
    });
    child.once('exit', (code, signal) => {
      resolve(
        signal === null
          ? { exitCode: code ?? 1, signalled: false }
          : { exitCode: 128 + constants.signals[signal], signalled: true },
      );
    });
  });
}
