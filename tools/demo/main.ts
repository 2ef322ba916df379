import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { logTail } from '../cluster/component-process.ts';
import { repositoryRoot } from '../cluster/profiles.ts';
import { type Environment, environmentDown, environmentUp } from '../install/main.ts';
import { normalise } from './normalise.ts';
import { type CommandResult, play } from './play.ts';
import { type Actor, STORY } from './story.ts';
import { createTerminal, type DemoTerminal } from './terminal.ts';

/** A command of the demo answers within a second or two; then it hangs. */
const COMMAND_TIMEOUT_MS = 30_000;
const CLEAN_UP_ATTEMPTS = 3;
/** Wider lines are hard to read, whatever the window. */
const MAX_COLUMNS = 110;

const { values: flags } = parseArgs({ options: { save: { type: 'string' } } });
const transcript: string[] = [];
const terminal = createTerminal({
  write: (text) => {
    transcript.push(text);
    process.stdout.write(text);
  },
  colours: process.stdout.isTTY && process.env['NO_COLOR'] === undefined && flags.save === undefined,
  columns: Math.min(flags.save === undefined ? (process.stdout.columns ?? MAX_COLUMNS) : MAX_COLUMNS, MAX_COLUMNS),
});

// npm passes on a Ctrl-C that the terminal has sent to us already: whatever comes after the first must not cut the
// clean-up short.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);

process.exitCode = await demo(terminal, stop.signal);
if (flags.save !== undefined && process.exitCode === 0) await writeFile(flags.save, normalise(transcript.join('')));

function interrupted(): void {
  if (!stop.signal.aborted) terminal.failure('\nstopping');
  stop.abort();
}

/** The exit code. Whatever happens, nothing is left running. */
async function demo(terminal: DemoTerminal, signal: AbortSignal): Promise<number> {
  const began = systemClock.now();
  const seconds = (): string => `${Math.round((systemClock.now() - began) / 1000)} s`;
  let code = 1;
  let environment: Environment | undefined;
  try {
    terminal.title('Sallyport: a risky command waits for a second person');
    terminal.progress('a real Kubernetes comes up for this, and goes afterwards');
    environment = await environmentUp('demo', (line) => terminal.progress(line));
    await play(STORY, { terminal, run: runner(environment), signal });
    code = 0;
  } catch (error) {
    code = signal.aborted ? 130 : 1;
    if (!signal.aborted) {
      terminal.failure(`\nThe demo failed: ${messageOf(error)}`);
      if (environment !== undefined) await showLog(environment, terminal);
    }
  }
  terminal.say('Cleaning up.');
  if (!(await cleanUp(terminal))) return 1;
  terminal.progress(`${code === 0 ? 'done' : 'ended'} after ${seconds()}; nothing is left running`);
  if (code === 0) terminal.progress('make up keeps such a cluster up for you; README.md says what to try');
  return code;
}

/** Whoever presses Ctrl-C again and again ends the programs that clean up; so they get more than one chance. */
async function cleanUp(terminal: DemoTerminal): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await environmentDown('demo', (line) => terminal.progress(line));
      return true;
    } catch (error) {
      if (attempt < CLEAN_UP_ATTEMPTS) continue;
      terminal.failure(`The clean-up failed: ${messageOf(error)}`);
      return false;
    }
  }
}

function runner({ cluster, sallyport }: Environment) {
  return (user: Actor, [program = '', ...args]: readonly string[]): Promise<CommandResult> =>
    new Promise((resolve, reject) => {
      const env = {
        ...process.env,
        PATH: `${sallyport.bin}:${process.env['PATH'] ?? ''}`,
        KUBECONFIG: cluster.kubeconfigs[user],
      };
      // In a session of its own, so that Ctrl-C reaches the demo alone, which then cleans up in order.
      const child = spawn(`${sallyport.bin}/${program}`, args, {
        cwd: repositoryRoot(),
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: COMMAND_TIMEOUT_MS,
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? -1, output: Buffer.concat(chunks).toString() }));
    });
}

async function showLog({ sallyport }: Environment, terminal: DemoTerminal): Promise<void> {
  terminal.failure('\nThe end of Sallyport’s log:');
  terminal.output(await logTail(`${sallyport.place.directory}/sallyport.log`));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
