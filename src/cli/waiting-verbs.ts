import type { Command } from 'commander';
import { commandLine } from './command-line.ts';
import type { CliDeps } from './deps.ts';
import { parseReason, parseTimeout } from './parse-options.ts';
import { runCommand } from './run-command.ts';
import { named, verb, withClient } from './verb.ts';
import { wait } from './wait.ts';

const TIMEOUT = ['--timeout <duration>', 'for how long, such as 90s or 1h (default: while the request lives)'] as const;

interface RunFlags {
  readonly timeout?: number;
  readonly reason?: string;
}

export function addWaitingVerbs(program: Command, deps: CliDeps): void {
  named(program, 'wait', 'wait until a request is approved')
    .option(...TIMEOUT, parseTimeout)
    .action(async (name: string, { timeout }: { timeout?: number }, command: Command) => {
      const options = { signals: deps.signals, timeoutMs: timeout };
      await withClient(command, deps, (context, { output }) => wait(context, name, { ...options, output }));
    });
  verb(program, 'run', 'run a command, wait for the approval that it needs, and run it again')
    .usage('[options] -- COMMAND [ARGS...]')
    .argument('<command...>', 'what to run, behind --')
    .option('-r, --reason <text>', 'why, for the request that it opens', parseReason)
    .option(...TIMEOUT, parseTimeout)
    .action(async (operands: string[], { timeout, reason }: RunFlags, command: Command) => {
      const argv = commandLine(command, operands);
      const commands = deps.commands();
      try {
        await withClient(command, deps, (context) =>
          runCommand(context, argv, commands, { signals: deps.signals, timeoutMs: timeout, reason }),
        );
      } finally {
        commands.close();
      }
    });
}
