import { execFile } from 'node:child_process';
import { withSystemPath } from './environment.ts';

/** Runs a program to its end and returns what it wrote to standard output. */
export type Runner = (program: string, args: readonly string[], options?: RunOptions) => Promise<string>;

export interface RunOptions {
  /** Default `DEFAULT_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** The programs called here answer within milliseconds; a minute means that one hangs. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** More than any answer that is read here. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** A program that could not be started, timed out or ended with another code than 0. */
export class RunError extends Error {
  readonly code = 'RUN_FAILED';
  override readonly name = 'RunError';
  readonly stderr: string;
  constructor(command: string, stderr: string, cause: unknown) {
    const why = cause instanceof Error && stderr === '' ? cause.message : stderr.trim();
    super(`${command}: ${why}`, { cause });
    this.stderr = stderr;
  }
}

export const run: Runner = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const settings = {
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
      env: options.env ?? withSystemPath(process.env),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    };
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new RunError([program, ...args].join(' '), stderr, error));
    });
  });
