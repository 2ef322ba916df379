import type { Command } from 'commander';
import { printable } from '../core/attributes/printable.ts';
import { toJson, toYaml } from '../core/notice/structured-output.ts';
import type { PersonEntry } from '../core/people/people.ts';
import { usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import type { CliDeps } from './deps.ts';
import { type IdentityReport, reportIdentity, seeMap } from './identity-report.ts';
import type { Output } from './output.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';
import { verb, withClient } from './verb.ts';
import { userInfo } from './whoami.ts';

export function addWhoamiVerb(program: Command, deps: CliDeps): void {
  verb(program, 'whoami', 'who you are to Sallyport: your person, your other identities, your agents')
    .option('--system-namespace <namespace>', 'where Sallyport runs', SYSTEM_NAMESPACE)
    .action(async (options: { systemNamespace: string }, command: Command) => {
      await withClient(command, deps, (context, { output }) => whoami(context, options.systemNamespace, output));
    });
}

async function whoami(
  { client, streams }: VerbContext,
  systemNamespace: string,
  output: Output | undefined,
): Promise<void> {
  if (output === 'name' || output === 'wide') throw usageError(`-o ${output} is not for whoami`);
  const [user, seen] = await Promise.all([userInfo(client), seeMap(client, systemNamespace)]);
  const report = reportIdentity(user, seen);
  if (output === 'json') streams.stdout(toJson(report));
  else if (output === 'yaml') streams.stdout(toYaml(report));
  else streams.stdout(identityPage(report, systemNamespace));
}

/** Every line of it is about the caller; what others chose is escaped. */
function identityPage(report: IdentityReport, systemNamespace: string): string {
  const lines: readonly (readonly [string, string])[] = [
    ['username', report.username],
    ['groups', report.groups.join(', ') || '(none)'],
    ['person', personText(report, systemNamespace)],
    ...(report.entry === undefined ? [] : entryLines(report.entry)),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, text]) => `${`${name}:`.padEnd(width)}${printable(text)}\n`).join('');
}

function personText(
  { person = '', by, owner, contested, template, ...report }: IdentityReport,
  namespace: string,
): string {
  const map = `ConfigMap ${namespace}/sallyport-people`;
  switch (report.peopleMap) {
    case 'NotAllowed':
      return `(not known: you may not read ${map}; Role sallyport-people-reader lets you)`;
    case 'Refused':
      return `(not known: ${map} has mistakes, so that another one counts or none: ${report.problems?.join('; ') ?? ''})`;
    case 'None':
      return `${person} (there is no people map: everybody is their own username)`;
    case 'Read':
      if (owner !== undefined)
        return `${person} (an agent of ${owner}: it does not vote, and ${owner} does not approve what it asks for)`;
      if (contested === true)
        return `${person} (whose entry does not list your username: your votes are refused until it does)`;
      if (template !== undefined) return `${person} (by the template ${template.username} → ${template.person})`;
      return by === 'Entry' ? person : `${person} (no entry: you are your own username)`;
  }
}

function entryLines({ usernames, emails, slack, groups, agents }: PersonEntry): (readonly [string, string])[] {
  const all: readonly (readonly [string, readonly string[]])[] = [
    ['usernames', usernames],
    ['emails', emails],
    ['slack', slack],
    ['groups by channels', groups],
    ['agents', agents],
  ];
  return all.flatMap(([name, values]) => (values.length === 0 ? [] : [[name, values.join(', ')] as const]));
}
