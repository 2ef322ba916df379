import { Command, InvalidArgumentError, Option } from 'commander';
import { BACKTEST_EXITS, backtest, type BacktestFlags } from './backtest.ts';
import { parseMoment } from './backtest-moment.ts';
import { COLOURS } from './paint.ts';
import type { PolicyDeps } from './policy-deps.ts';

/** `sallyport policy`: about policies, without anything installed. Throws CommanderError and what its verbs throw. */
export function policyCommand(deps: PolicyDeps): Command {
  const policy = new Command('policy').description('try policies before they are applied');
  const moment = (text: string) => {
    const at = parseMoment(text, deps.clock.now());
    if (at === undefined) throw new InvalidArgumentError('It is a span such as 30d, 12h or 90m, or a time (RFC 3339).');
    return at;
  };
  policy
    .command('backtest')
    .description('what policies would have held, and whom they would have asked, by the audit events of what happened')
    .allowExcessArguments(false)
    .option(
      '-f, --filename <file...>',
      'ApprovalPolicies, YAML or JSON; several documents and files; - is standard input',
      collect,
    )
    .option('--policy <name...>', 'policies that are stored in the cluster', collect)
    .option('--audit-log <file...>', "an API server's audit log, gzipped or not; - is standard input", collect)
    .option('--ledger <directory>', 'the ledger of Sallyport')
    .addOption(new Option('--since <span>', 'only what happened since: 30d, 12h, or a time').argParser(moment))
    .addOption(new Option('--until <span>', 'only what happened before: 1d, or a time').argParser(moment))
    .option('--namespaces <file>', 'Namespaces as kubectl prints them; `cluster` asks the cluster of the kubeconfig')
    .option('--people <file>', 'the people map: who is one person under several usernames')
    .option('--kubeconfig <file>', 'for --policy and --namespaces cluster (default: as kubectl)')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['table', 'json']).default('table'))
    .addOption(new Option('--color <when>', 'colours: on a terminal').choices(COLOURS).default('auto'))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.streams.stdout(text),
      writeErr: (text) => deps.streams.stderr(text),
    })
    .addHelpText('after', `\nExit codes:\n${BACKTEST_EXITS.map(([code, text]) => `  ${code}    ${text}\n`).join('')}`)
    .action(async (flags: BacktestFlags) => {
      await backtest(flags, deps);
    });
  return policy;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
