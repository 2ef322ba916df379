import { parseDenial } from '../../src/core/decision/denial.ts';
import { type Actor, REQUEST, type Step } from './story.ts';
import type { DemoTerminal } from './terminal.ts';

export interface CommandResult {
  readonly code: number;
  /** Standard output and standard error as a terminal would show them. */
  readonly output: string;
}

export interface PlayPorts {
  readonly terminal: DemoTerminal;
  /** Runs a command as a user. */
  readonly run: (user: Actor, command: readonly string[]) => Promise<CommandResult>;
  /** Aborted when somebody wants to stop. */
  readonly signal: AbortSignal;
}

/** A step did not come out as it should. */
export class DemoFailedError extends Error {
  readonly code = 'DEMO_FAILED';
  override readonly name = 'DemoFailedError';
}

/** Plays the steps one after the other; the first that does not show what it should is an error. */
export async function play(story: readonly Step[], { terminal, run, signal }: PlayPorts): Promise<void> {
  let request = REQUEST;
  for (const step of story) {
    signal.throwIfAborted();
    const command = step.command.map((word) => (word === REQUEST ? request : word));
    if (step.say !== undefined) terminal.say(step.say);
    terminal.prompt(step.user, command);
    const result = await run(step.user, command);
    signal.throwIfAborted();
    terminal.output(result.output);
    if (step.opensRequest) request = requestOf(result.output);
    check(step, command, result, request);
  }
}

function check(step: Step, command: readonly string[], { code, output }: CommandResult, request: string): void {
  const missing = step.shows.map((text) => (text === REQUEST ? request : text)).find((text) => !output.includes(text));
  const problems = [
    ...(step.succeeds === (code === 0) ? [] : [`it ended with code ${code}`]),
    ...(missing === undefined ? [] : [`it does not say "${missing}"`]),
  ];
  if (problems.length === 0) return;
  const expected = step.succeeds ? 'should have succeeded' : 'should have been refused';
  throw new DemoFailedError(`as ${step.user}: ${command.join(' ')}\n${expected}, but ${problems.join(', and ')}`);
}

/** The name without its namespace: the commands say -n. */
function requestOf(output: string): string {
  const request = parseDenial(output)?.request;
  const name = request?.split('/')[1];
  if (name === undefined) throw new DemoFailedError('the denial names no request');
  return name;
}
