import { type Command, InvalidArgumentError, Option } from 'commander';
import type { State } from '../core/api/kinds.ts';
import { STATES } from '../core/approval/approval-state.ts';
import type { CliDeps } from './deps.ts';
import { list } from './list.ts';
import { verb, withClient } from './verb.ts';

interface ListFlags {
  readonly allNamespaces: boolean;
  readonly all: boolean;
  readonly unacknowledged: boolean;
  readonly mine: boolean;
  readonly waitingForMe: boolean;
  readonly state?: ReadonlySet<State>;
  readonly watch: boolean;
}

export function addListVerb(program: Command, deps: CliDeps): void {
  verb(program, 'list', 'open approval requests, the most urgent first')
    .alias('ls')
    .option('-A, --all-namespaces', 'of all namespaces', false)
    .option('--all', 'also those that have ended', false)
    .option('--mine', 'those that you, or your agents, ask for', false)
    .option('--waiting-for-me', 'those that your approval would count for, or that you may acknowledge', false)
    .addOption(
      new Option('--state <states>', `only these, with commas between: ${STATES.join(', ')}`).argParser(parseStates),
    )
    .option('--unacknowledged', 'break-glass uses that nobody has acknowledged', false)
    .option('-w, --watch', 'go on with what changes', false)
    .action(async ({ state, ...flags }: ListFlags, command: Command) => {
      await withClient(command, deps, (context, { output }) => list(context, { ...flags, states: state, output }));
    });
}

function parseStates(text: string, before: ReadonlySet<State> | undefined): ReadonlySet<State> {
  const found = text.split(',').map((word) => {
    const state = STATES.find((each) => each.toLowerCase() === word.trim().toLowerCase());
    if (state === undefined) throw new InvalidArgumentError(`It is one of ${STATES.join(', ')}.`);
    return state;
  });
  return new Set([...(before ?? []), ...found]);
}
