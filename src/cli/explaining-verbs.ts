import { Argument, type Command } from 'commander';
import { can, STREAMS, type StreamVerb } from './can.ts';
import { usageError } from './cli-error.ts';
import { afterDashes } from './command-line.ts';
import type { CliDeps } from './deps.ts';
import { explain } from './explain.ts';
import { verb, withClient } from './verb.ts';

interface CanFlags {
  readonly container?: string;
  readonly stdin: boolean;
  readonly tty: boolean;
}

export function addExplainingVerbs(program: Command, deps: CliDeps): void {
  verb(program, 'can', 'whether a stream to a pod needs approval, by which policy, and why')
    .usage('[options] exec|attach|port-forward POD [-- COMMAND [ARGS...]]')
    .addArgument(new Argument('<verb>', 'what kubectl would do').choices(Object.keys(STREAMS)))
    .argument('<pod>', 'its name')
    .argument('[command...]', 'of exec, behind --')
    .option('-c, --container <name>', 'container (default: as kubectl)')
    .option('-i, --stdin', 'with standard input', false)
    .option('-t, --tty', 'with a terminal', false)
    .action(async (stream: StreamVerb, pod: string, words: string[], flags: CanFlags, command: Command) => {
      const typed = afterDashes(command);
      if (words.length !== typed.length) throw usageError('the command stands behind --');
      if ((stream === 'exec') !== typed.length > 0)
        throw usageError(stream === 'exec' ? 'exec needs a command, behind --' : `${stream} has no command`);
      await withClient(command, deps, (context, { output }) =>
        can(context, { ...flags, container: flags.container, verb: stream, pod, command: typed, output }),
      );
    });
  verb(program, 'explain', 'whether the objects of a file need approval, by which policy, and why')
    .requiredOption('-f, --filename <file>', 'YAML or JSON')
    .action(async ({ filename }: { filename: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => explain(context, { file: filename, output }));
    });
}
