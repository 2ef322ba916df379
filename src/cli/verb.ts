import { Argument, type Command } from 'commander';
import type { VerbContext } from './context.ts';
import type { CliDeps } from './deps.ts';
import type { Output } from './output.ts';
import { type ColourChoice, paintFor } from './paint.ts';
import { checkNamespace } from './request-reference.ts';

export interface GlobalOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output?: Output;
  readonly color: ColourChoice;
}

/** A verb on one request. */
export function named(program: Command, name: string, description: string): Command {
  return verb(program, name, description).addArgument(new Argument('<request>', 'NAME or NAMESPACE/NAME'));
}

export function verb(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).allowExcessArguments(false);
}

/** Calls the verb with a client for what the options say, and closes it. */
export async function withClient(
  command: Command,
  deps: CliDeps,
  run: (context: VerbContext, options: GlobalOptions) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { clock, streams } = deps;
  if (options.namespace !== undefined) checkNamespace(options.namespace);
  const client = deps.connect({ kubeconfig: options.kubeconfig, context: options.context });
  try {
    const namespace = options.namespace ?? client.namespace ?? 'default';
    const paint = paintFor(options.color, streams.stdoutHasColours);
    await run({ client, clock, streams, paint, namespace, namespaceGiven: options.namespace !== undefined }, options);
  } finally {
    client.close();
  }
}
