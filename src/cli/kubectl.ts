import { spawn } from 'node:child_process';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

export interface KubectlEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * kubectl as a program. What `kubectl apply` sends is made by the client (a three-way merge, an annotation), so that only
 * the client itself can say it.
 */
export interface Kubectl {
  /** @param args never read by a shell. @throws CliError when it cannot be started, or says more than is read */
  run(args: readonly string[]): Promise<KubectlEnd>;
}

/** As much as is read of one answer of the API server. */
const OUTPUT_LIMIT = 32 * 1024 * 1024;
/** For a hundred objects on a slow API server; kubectl itself waits for ever. */
const TIMEOUT_MS = 120_000;

/** The kubectl of the PATH, with our environment; what it reads as `-f -` is our standard input. */
export function createKubectl(
  program: string = 'kubectl',
  { limit = OUTPUT_LIMIT, timeoutMs = TIMEOUT_MS }: { readonly limit?: number; readonly timeoutMs?: number } = {},
): Kubectl {
  return {
    run: (args) =>
      new Promise((resolve, reject) => {
        // Not spawn's own timeout: its timer outlives a program that could not be started, and keeps the process up.
        const signal = AbortSignal.timeout(timeoutMs);
        const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'pipe'], signal });
        const read: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
        let bytes = 0;
        for (const stream of ['stdout', 'stderr'] as const) {
          child[stream].on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes <= limit) read[stream].push(chunk);
            else child.kill();
          });
        }
        child.once('error', (cause: NodeJS.ErrnoException) => {
          reject(failureOf(program, cause, signal.aborted ? timeoutMs : undefined));
        });
        child.once('close', (code) => {
          const [stdout, stderr] = [read.stdout, read.stderr].map((chunks) => Buffer.concat(chunks).toString());
          if (bytes > limit) reject(new CliError(EXIT.failed, `kubectl said more than ${limit} bytes`));
          else resolve({ exitCode: code ?? 1, stdout: stdout ?? '', stderr: stderr ?? '' });
        });
      }),
  };
}

/** @param overMs after how long it was ended; undefined: it was not started */
function failureOf(program: string, cause: NodeJS.ErrnoException, overMs: number | undefined): CliError {
  if (overMs !== undefined)
    return new CliError(EXIT.failed, `kubectl did not end within ${overMs / 1000} s`, undefined, { cause });
  const hint = 'it must be on the PATH: what it would send is what is asked for';
  return cause.code === 'ENOENT'
    ? new CliError(EXIT.commandNotFound, `there is no command ${program}`, hint, { cause })
    : new CliError(EXIT.commandNotFound, `${program} cannot be started: ${cause.message}`, hint, { cause });
}
