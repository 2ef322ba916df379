import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Clock } from '../../src/ports/clock.ts';

export interface BuildPlan {
  /** For people: what is built, and what it costs the first time. */
  readonly what: string;
  readonly cost: string;
  /** Folder with go.mod. */
  readonly source: string;
  /** The package of `main`, as seen from there. */
  readonly main: string;
  readonly output: string;
  /** Value of -ldflags. */
  readonly linkerFlags: string;
}

export interface BuildContext {
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

/** There is no Go toolchain on the PATH. */
export class GoMissingError extends Error {
  readonly code = 'GO_MISSING';
  override readonly name = 'GoMissingError';
}

/** `go` ended with an error; the message holds the end of what it wrote. */
export class GoBuildError extends Error {
  readonly code = 'GO_BUILD_FAILED';
  override readonly name = 'GoBuildError';
}

const PROGRESS_INTERVAL_MS = 5_000;
/** Enough of Go's output to hold an error with its context. */
const KEPT_LINES = 30;

/** Builds a Go program, with a line of progress every few seconds: a cold build of Kubernetes takes minutes. */
export async function buildGoProgram(plan: BuildPlan, context: BuildContext): Promise<void> {
  context.log(`building ${plan.what} from Go modules: ${plan.cost} on two cores the first time, then cached`);
  const packages = await runGo(['list', '-deps', plan.main], plan, context, (lines, elapsed) => {
    return `downloading Go modules: ${lines.stderr}, ${elapsed}`;
  });
  const build = ['build', '-v', '-trimpath', '-ldflags', plan.linkerFlags, '-o', plan.output, plan.main];
  await runGo(build, plan, context, (lines, elapsed) => {
    // `go build -v` names the packages that it compiles, so what Go's own cache holds is never counted.
    return `compiling ${plan.what}: ${lines.stderr}/${packages} packages, ${elapsed}`;
  });
}

interface Lines {
  stdout: number;
  stderr: number;
}

/** Runs one go command and returns how many lines it wrote to standard output. */
async function runGo(
  args: readonly string[],
  plan: BuildPlan,
  { clock, log, env }: BuildContext,
  progress: (lines: Lines, elapsed: string) => string,
): Promise<number> {
  // The user's workspace, vendoring and tags are about other programs.
  const environment = { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly' };
  const child = spawn('go', args, { cwd: plan.source, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const started = clock.now();
  const lines: Lines = { stdout: 0, stderr: 0 };
  const kept: string[] = [];
  createInterface({ input: child.stdout }).on('line', () => {
    lines.stdout += 1;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.stderr += 1;
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
  });
  const timer = setInterval(() => log(progress(lines, duration(clock.now() - started))), PROGRESS_INTERVAL_MS);
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (exitCode !== 0) throw new GoBuildError(`go ${args[0]} failed in ${plan.source}:\n${kept.join('\n')}`);
    return lines.stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new GoMissingError(
        `Go is needed to build ${plan.what} and there is no \`go\` on the PATH: install it (https://go.dev/dl, 1.21 or newer; it fetches the version that is asked for), or, for the cluster, set CLUSTER=kind`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** 130_000 → "2m10s". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}
