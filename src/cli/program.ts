import { Argument, Command, Option } from 'commander';
import { acknowledge } from './acknowledge.ts';
import { approve } from './approve.ts';
import { breakGlass } from './break-glass.ts';
import { cancel } from './cancel.ts';
import { addCompletionVerb } from './completion-verbs.ts';
import type { CliDeps } from './deps.ts';
import { deny } from './deny.ts';
import { exitCodeHelp } from './exit-code.ts';
import { addExplainingVerbs } from './explaining-verbs.ts';
import { addListVerb } from './list-verb.ts';
import { OUTPUTS } from './output.ts';
import { COLOURS } from './paint.ts';
import { parseDigest, parseReason } from './parse-options.ts';
import { usageError } from './cli-error.ts';
import { reason } from './reason.ts';
import { addRequestVerb } from './request-verb.ts';
import { revoke } from './revoke.ts';
import { show } from './show.ts';
import { named, withClient } from './verb.ts';
import { addWaitingVerbs } from './waiting-verbs.ts';
import { addWhoamiVerb } from './whoami-verb.ts';

/** `kubectl sallyport`: parses what was typed and calls the verb. Throws CommanderError, CliError and what verbs throw. */
export function createProgram(deps: CliDeps): Command {
  const program = new Command('kubectl sallyport')
    .description('See and decide approval requests of Sallyport.')
    .option('-n, --namespace <namespace>', 'namespace of the request')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: as kubectl)')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('-o, --output <format>', 'output format').choices(OUTPUTS))
    .addOption(
      new Option('--color <when>', 'colours: on a terminal, unless NO_COLOR is set').choices(COLOURS).default('auto'),
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodeHelp())
    .configureOutput({
      writeOut: (text) => deps.streams.stdout(text),
      writeErr: (text) => deps.streams.stderr(text),
    });
  addReadingVerbs(program, deps);
  addRequestVerb(program, deps);
  addVotingVerbs(program, deps);
  addWaitingVerbs(program, deps);
  addBreakGlassVerbs(program, deps);
  addExplainingVerbs(program, deps);
  addWhoamiVerb(program, deps);
  addCompletionVerb(program, deps);
  return program;
}

function addReadingVerbs(program: Command, deps: CliDeps): void {
  addListVerb(program, deps);
  named(program, 'show', 'everything that an approver must see').action(
    async (name: string, _: object, command: Command) => {
      await withClient(command, deps, (context, { output }) => show(context, name, { output }));
    },
  );
}

function addVotingVerbs(program: Command, deps: CliDeps): void {
  named(program, 'reason', 'say why you ask, once, while it is pending')
    .addArgument(new Argument('[text]', 'why').argParser(parseReason))
    .option('-r, --reason <text>', 'why, as with the other verbs', parseReason)
    .action(async (name: string, given: string | undefined, options: { reason?: string }, command: Command) => {
      const text = options.reason ?? given;
      if (text === undefined || (given !== undefined && options.reason !== undefined))
        throw usageError('say why, once: kubectl sallyport reason NAME "…"');
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
  named(program, 'revoke', 'take back an approval that is not used up yet')
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
