import { spawn } from 'node:child_process';
import { inject } from 'vitest';

/** alice is in group developers, bob and carol in sre; admin in system:masters; nadmin in none. aliceAdmin is alice by her other name, in sre. */
export type User = 'admin' | 'alice' | 'bob' | 'carol' | 'nadmin' | 'aliceAdmin' | 'aliceAgent' | 'slackChannel';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Milliseconds; the command is ended then, with code -1. */
  readonly timeout?: number;
  /** The command is ended once this resolves, with code -1. */
  readonly until?: Promise<unknown>;
}

/** Real kubectl as a user. Never rejects: what it said and how it ended is the result. */
export function kubectl(user: User, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { kubectl: program, kubeconfigs } = inject('e2e');
  return runProgram(program, ['--kubeconfig', kubeconfigs[user], ...args], options);
}

/** The plugin as a user would call it: `kubectl sallyport …`, found on the PATH. */
export function sallyport(user: User, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { bin, kubeconfigs } = inject('e2e');
  return runProgram(`${bin}/kubectl`, ['sallyport', ...args], options, {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: kubeconfigs[user],
  });
}

/** As kubectl, but a failure fails the test with what was said. */
export async function must(user: User, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await kubectl(user, args, options);
  if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')} as ${user}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

export async function json<T>(user: User, args: readonly string[]): Promise<T> {
  return JSON.parse(await must(user, [...args, '-o', 'json'])) as T;
}

/** Applies objects, one or several, through standard input. */
export function apply(user: User, ...objects: readonly object[]): Promise<Result> {
  return kubectl(user, ['apply', '-f', '-'], { stdin: list(objects) });
}

export async function mustApply(user: User, ...objects: readonly object[]): Promise<void> {
  await must(user, ['apply', '-f', '-'], { stdin: list(objects) });
}

function list(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 60_000);
    void options.until?.then(() => child.kill('SIGKILL'));
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}
