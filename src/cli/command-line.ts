import type { Command } from 'commander';
import { usageError } from './cli-error.ts';
import type { Argv } from './commands.ts';

/**
 * What stands behind the first `--`, untouched: a `--` of its own is part of it. What stands before is the plugin's, so
 * that an option is never taken from the command.
 *
 * @throws CliError (usage)
 */
export function commandLine(command: Command, operands: readonly string[]): Argv {
  const [file, ...args] = afterDashes(command);
  if (file === undefined || args.length + 1 !== operands.length) {
    throw usageError('the command stands behind --: kubectl sallyport run -- kubectl exec web-0 -- ls');
  }
  return [file, ...args];
}

/** All that was typed behind the first `--`; nothing where there is none. */
export function afterDashes(command: Command): readonly string[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  // Of commander, but not in its types: the arguments as they were given to parse.
  const { rawArgs = [] } = root as Command & { readonly rawArgs?: readonly string[] };
  const at = rawArgs.indexOf('--');
  return at === -1 ? [] : rawArgs.slice(at + 1);
}
