import { Argument, type Command } from 'commander';
import { can, STREAMS, type StreamVerb } from './can.ts';
import { afterDashes } from './command-line.ts';
import type { CliDeps } from './deps.ts';
import { explain } from './explain.ts';
import { PORTS_NOTE, streamWords } from './stream-words.ts';
import { verb, withClient } from './verb.ts';

interface CanFlags {
  readonly container?: string;
  readonly stdin: boolean;
  readonly tty: boolean;
}

export function addExplainingVerbs(program: Command, deps: CliDeps): void {
  verb(program, 'can', 'whether a stream to a pod needs approval, by which policy, and why')
    .usage('[options] exec POD -- COMMAND [ARGS...] | attach POD | port-forward POD [PORT...]')
    .addArgument(new Argument('<verb>', 'what kubectl would do').choices(Object.keys(STREAMS)))
    .argument('<pod>', 'its name')
    .argument('[command...]', 'of exec, behind --; of port-forward, its ports')
    .option('-c, --container <name>', 'container (default: as kubectl)')
    .option('-i, --stdin', 'with standard input', false)
    .option('-t, --tty', 'with a terminal', false)
    .action(async (stream: StreamVerb, pod: string, words: string[], flags: CanFlags, command: Command) => {
      const { ports, ...said } = streamWords(stream, [pod, ...words], afterDashes(command));
      if (ports.length > 0) deps.streams.stderr(PORTS_NOTE);
      await withClient(command, deps, (context, { output }) =>
        can(context, { ...flags, container: flags.container, ...said, output }),
      );
    });
  verb(program, 'explain', 'whether the objects of a file need approval, by which policy, and why')
    .requiredOption('-f, --filename <file>', 'YAML or JSON')
    .action(async ({ filename }: { filename: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => explain(context, { file: filename, output }));
    });
}
