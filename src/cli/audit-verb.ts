import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { EVIDENCE_KINDS } from '../core/evidence/evidence-record.ts';
import { pastTime } from '../core/evidence/past-time.ts';
import { auditRequest, searchAudit } from './audit.ts';
import { usageError } from './cli-error.ts';
import type { CliDeps } from './deps.ts';
import type { RecordSelector } from './records.ts';
import { verb, withClient } from './verb.ts';

interface AuditFlags {
  readonly allNamespaces: boolean;
  readonly person?: string;
  readonly user?: string;
  readonly object?: string;
  readonly resource?: string;
  readonly verb?: string;
  readonly outcome?: string;
  readonly decision?: string;
  readonly kind?: string;
  readonly since?: string;
  readonly until?: string;
  readonly events: boolean;
  readonly limit: number;
  readonly follow: boolean;
}

const KINDS = EVIDENCE_KINDS.filter((kind) => kind !== 'Segment');
const DEFAULT_LIMIT = 100;
/** More are for a program, which asks the API itself. */
const MAX_LIMIT = 10_000;

export function addAuditVerb(program: Command, deps: CliDeps): void {
  verb(program, 'audit', 'what the ledger says: who asked, allowed, did what; of one request, all of it')
    .addArgument(new Argument('[request]', 'NAME or NAMESPACE/NAME: its timeline'))
    .option('-A, --all-namespaces', 'of all namespaces, and of what has none', false)
    .option('--person <person>', 'by them, whatever their username: as the record says, or the people map of now')
    .option('--user <username>', 'by this Kubernetes user')
    .option('--object <name>', 'to the object of this name, such as web-0 or pods/exec/web-0')
    .option('--resource <resource>', 'to this resource, such as pods/exec')
    .option('--verb <verb>', 'such as connect, delete, approve')
    .option('--outcome <outcome>', 'such as Allowed, Denied, Asked, Expired, 403')
    .option('--decision <id>', 'that belongs to this decision')
    .addOption(new Option('--kind <kind>', `one of ${KINDS.join(', ')}`).choices([...KINDS]))
    .option('--since <time>', '2h, 7d, 2026-11-20 or a time of RFC 3339 (default: 24h)', parsePastTime)
    .option('--until <time>', 'as --since', parsePastTime)
    .option('--events', "also all of the API server's events", false)
    .option('--limit <number>', 'the newest so many', parseLimit, DEFAULT_LIMIT)
    .option('-f, --follow', 'go on with what is written', false)
    .action(async (request: string | undefined, flags: AuditFlags, command: Command) => {
      await withClient(command, deps, async (context, { output }) => {
        const { allNamespaces, limit, follow } = flags;
        refuseImpossible(flags, deps.clock.now());
        const options = { output, allNamespaces, limit, follow, selector: selectorOf(flags) };
        if (request === undefined) return await searchAudit(context, options);
        if (follow) throw usageError('--follow is for a search; kubectl sallyport wait waits for a request');
        return await auditRequest(context, request, options);
      });
    });
}

/** What can find nothing is a mistake: an empty answer would be taken for one. @throws CliError (usage) */
function refuseImpossible({ since, until, follow }: AuditFlags, now: number): void {
  const [from, to] = [since, until].map((text) => (text === undefined ? undefined : msOf(text, now)));
  if (from !== undefined && from > now) throw usageError('--since is in the future');
  if (from !== undefined && to !== undefined && to <= from) {
    throw usageError(
      '--until is not after --since: nothing can be found (--since 2h --until 1h is the hour before last)',
    );
  }
  if (follow && to !== undefined && to <= now) {
    throw usageError('--follow goes on with what is written from now on, and --until is in the past');
  }
}

function msOf(text: string, now: number): number | undefined {
  const time = pastTime(text, now);
  return time === undefined ? undefined : Date.parse(time);
}

function selectorOf(flags: AuditFlags): RecordSelector {
  const { kind, events, object, resource, person, user, verb: act, outcome, decision, since, until } = flags;
  const slash = object?.lastIndexOf('/') ?? -1;
  if (object !== undefined && slash >= 0 && resource !== undefined) {
    throw usageError('--object says the resource already; leave --resource out');
  }
  return {
    kind: kind ?? (events ? 'Any' : undefined),
    person,
    user,
    verb: act?.toLowerCase(),
    resource: object !== undefined && slash >= 0 ? object.slice(0, slash) : resource,
    objectName: object?.slice(slash + 1),
    outcome,
    decision,
    since,
    until,
  };
}

/** As it was typed: the API takes the same words. */
function parsePastTime(text: string): string {
  if (pastTime(text, Date.UTC(2100, 0, 1)) !== undefined) return text;
  throw new InvalidArgumentError('It is a time such as 2h, 7d, 2026-11-20 or 2026-11-20T10:00:00Z.');
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d{1,5}$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MAX_LIMIT}.`);
}
