import { Command, Option } from 'commander';
import { addAuditVerb } from './audit-verb.ts';
import { addCompletionVerb } from './completion-verbs.ts';
import type { CliDeps } from './deps.ts';
import { exitCodeHelp } from './exit-code.ts';
import { addExplainingVerbs } from './explaining-verbs.ts';
import { addListVerb } from './list-verb.ts';
import { OUTPUTS } from './output.ts';
import { COLOURS } from './paint.ts';
import { addRequestVerb } from './request-verb.ts';
import { show } from './show.ts';
import { named, withClient } from './verb.ts';
import { addVotingVerbs } from './voting-verbs.ts';
import { addWaitingVerbs } from './waiting-verbs.ts';
import { addWhoamiVerb } from './whoami-verb.ts';

/** `kubectl sallyport`: parses what was typed and calls the verb. Throws CommanderError, CliError and what verbs throw. */
export function createProgram(deps: CliDeps): Command {
  const program = new Command('kubectl sallyport')
    .description('Ask for, see and decide approval requests of Sallyport.')
    .option('-n, --namespace <namespace>', 'namespace of the request')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: as kubectl)')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('-o, --output <format>', 'output format').choices(OUTPUTS))
    .addOption(
      new Option('--color <when>', 'colours: on a terminal, unless NO_COLOR is set').choices(COLOURS).default('auto'),
    )
    .version(`kubectl sallyport ${deps.version}`, '-V, --version', 'print the version')
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
  addExplainingVerbs(program, deps);
  addAuditVerb(program, deps);
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
