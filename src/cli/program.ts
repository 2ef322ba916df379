import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Clock } from '../ports/clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeConfigSource } from '../platform/kube/credentials.ts';
import { acknowledge } from './acknowledge.ts';
import { approve } from './approve.ts';
import { breakGlass } from './break-glass.ts';
import { cancel } from './cancel.ts';
import type { Streams, VerbContext } from './context.ts';
import { deny } from './deny.ts';
import { list } from './list.ts';
import { OUTPUTS, type Output } from './output.ts';
import { reason } from './reason.ts';
import { revoke } from './revoke.ts';
import { show } from './show.ts';

export interface CliDeps {
  /** @throws KubeConfigError */
  connect(source: KubeConfigSource): KubeClient;
  readonly clock: Clock;
  readonly streams: Streams;
}

interface GlobalOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output?: Output;
}

/** The CRD's maxLength of a vote's reason. */
const REASON_LIMIT = 2048;

/** `kubectl sallyport`: parses what was typed and calls the verb. Throws CommanderError, CliError and what verbs throw. */
export function createProgram(deps: CliDeps): Command {
  const program = new Command('kubectl sallyport')
    .description('See and decide approval requests of Sallyport.')
    .option('-n, --namespace <namespace>', 'namespace of the request')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: as kubectl)')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('-o, --output <format>', 'output format').choices(OUTPUTS))
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => deps.streams.stdout(text),
      writeErr: (text) => deps.streams.stderr(text),
    });
  addReadingVerbs(program, deps);
  addVotingVerbs(program, deps);
  addBreakGlassVerbs(program, deps);
  return program;
}

function addReadingVerbs(program: Command, deps: CliDeps): void {
  verb(program, 'list', 'open approval requests, the most urgent first')
    .alias('ls')
    .option('-A, --all-namespaces', 'of all namespaces', false)
    .option('--all', 'also those that have ended', false)
    .option('--unacknowledged', 'break-glass uses that nobody has acknowledged', false)
    .action(async (options: { allNamespaces: boolean; all: boolean; unacknowledged: boolean }, command: Command) => {
      await withClient(command, deps, (context, { output }) => list(context, { ...options, output }));
    });
  named(program, 'show', 'everything that an approver must see').action(
    async (name: string, _: object, command: Command) => {
      await withClient(command, deps, (context, { output }) => show(context, name, { output }));
    },
  );
}

function addVotingVerbs(program: Command, deps: CliDeps): void {
  named(program, 'reason', 'say why you ask, once, while it is pending')
    .addArgument(new Argument('<text>', 'why').argParser(parseReason))
    .action(async (name: string, text: string, _: object, command: Command) => {
      await withClient(command, deps, (context, { output }) => reason(context, name, text, { output }));
    });
  named(program, 'approve', 'approve a request')
    .option('-r, --reason <text>', 'why', parseReason)
    .option('-y, --yes', 'do not ask', false)
    .option('--digest <sha256>', 'approve only what has this digest', parseDigest)
    .action(async (name: string, options: { reason?: string; yes: boolean; digest?: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => approve(context, name, { ...options, output }));
    });
  named(program, 'deny', 'refuse a request')
    .requiredOption('-r, --reason <text>', 'why', parseReason)
    .action(async (name: string, options: { reason: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => deny(context, name, { ...options, output }));
    });
  named(program, 'cancel', 'take back a request of your own')
    .option('-r, --reason <text>', 'why', parseReason)
    .action(async (name: string, options: { reason?: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => cancel(context, name, { ...options, output }));
    });
  named(program, 'revoke', 'take back an approval that is not used yet')
    .requiredOption('-r, --reason <text>', 'why', parseReason)
    .action(async (name: string, options: { reason: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => revoke(context, name, { ...options, output }));
    });
}

function addBreakGlassVerbs(program: Command, deps: CliDeps): void {
  named(program, 'break-glass', 'go ahead with a request of your own without approval, where its policies let you')
    .requiredOption('-r, --reason <text>', 'why', parseReason)
    .action(async (name: string, options: { reason: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => breakGlass(context, name, { ...options, output }));
    });
  named(program, 'acknowledge', 'say that you have looked at a break-glass use')
    .option('-r, --reason <text>', 'what you found', parseReason)
    .action(async (name: string, options: { reason?: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => acknowledge(context, name, { ...options, output }));
    });
}

function named(program: Command, name: string, description: string): Command {
  return verb(program, name, description).addArgument(new Argument('<request>', 'NAME or NAMESPACE/NAME'));
}

function verb(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).allowExcessArguments(false);
}

async function withClient(
  command: Command,
  deps: CliDeps,
  run: (context: VerbContext, options: GlobalOptions) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { clock, streams } = deps;
  const client = deps.connect({ kubeconfig: options.kubeconfig, context: options.context });
  try {
    const namespace = options.namespace ?? client.namespace ?? 'default';
    await run({ client, clock, streams, namespace, namespaceGiven: options.namespace !== undefined }, options);
  } finally {
    client.close();
  }
}

function parseReason(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('It is empty.');
  if (trimmed.length > REASON_LIMIT) throw new InvalidArgumentError(`It is longer than ${REASON_LIMIT} characters.`);
  return trimmed;
}

/** Only in full: a shortened digest can be forged. */
function parseDigest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('It is sha256: and 64 hex digits.');
}
