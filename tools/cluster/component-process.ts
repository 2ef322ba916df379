import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';

/** A component that ended although it should run. The message holds the end of its log. */
export class ComponentDiedError extends Error {
  readonly code = 'COMPONENT_DIED';
  override readonly name = 'ComponentDiedError';
}

export interface RunningComponent {
  readonly name: string;
  /** Throws a ComponentDiedError when the process has ended. */
  check(): Promise<void>;
}

const TAIL_LINES = 15;
/** A log line of the API server may hold a stack trace. */
const TAIL_CHARACTERS = 4_000;

/** Starts a process that outlives this one and writes to `logFile`. */
export async function startComponent(
  name: string,
  command: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv,
): Promise<RunningComponent> {
  const log = await open(logFile, 'w');
  let ended: string | undefined;
  try {
    const child = spawn(command[0] ?? name, command.slice(1), {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env,
    });
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (exitCode, signal) => {
      ended = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    });
    child.unref();
  } finally {
    await log.close();
  }
  return {
    name,
    check: async () => {
      if (ended === undefined) return;
      throw new ComponentDiedError(`${name} ended (${ended}); the end of ${logFile}:\n${await logTail(logFile)}`);
    },
  };
}

/** The last lines of a log file. */
export async function logTail(logFile: string): Promise<string> {
  const content = await readFile(logFile, 'utf8').catch(() => '');
  return content.trimEnd().split('\n').slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARACTERS);
}
