import type { ApprovalRequest } from '../core/api/kinds.ts';
import { toJson, toYaml } from '../core/notice/structured-output.ts';
import { readCaller } from './caller.ts';
import type { VerbContext } from './context.ts';
import { followRequests } from './follow-requests.ts';
import { asList, objectName, type Output, printObject } from './output.ts';
import { isWanted, needsCaller, type RequestFilter } from './request-filter.ts';
import { inReadingOrder, requestTable, type TableOptions } from './request-table.ts';
import { listRequests } from './requests.ts';

export interface ListOptions extends RequestFilter {
  readonly output: Output | undefined;
  readonly allNamespaces: boolean;
  /** Goes on with what changes, until it is ended. */
  readonly watch: boolean;
}

export async function list(context: VerbContext, options: ListOptions): Promise<void> {
  const { client, clock } = context;
  const namespace = options.allNamespaces ? undefined : context.namespace;
  const caller = needsCaller(options) ? await readCaller(client) : undefined;
  const shown = new Set<string | undefined>();
  const wanted = (found: readonly ApprovalRequest[]) =>
    inReadingOrder(
      found.filter((request) => {
        const { uid } = request.metadata;
        // What was shown is shown once more when it is wanted no longer: how it ended is what one waits for.
        const before = shown.delete(uid);
        const is = isWanted(request, options, caller, clock.now());
        if (is) shown.add(uid);
        return is || before;
      }),
    );
  if (!options.watch) {
    const found = await listRequests(client, namespace);
    print(context, wanted(found), options, found.length);
    return;
  }
  let first: readonly ApprovalRequest[] | undefined;
  for await (const changed of followRequests(context, namespace)) {
    const requests = wanted(changed);
    if (first === undefined) print(context, requests, options, changed.length);
    else printChanged(context, requests, options, first);
    first ??= requests;
  }
}

function print(context: VerbContext, requests: readonly ApprovalRequest[], options: ListOptions, ofAll: number): void {
  const { streams, clock, namespace } = context;
  if (options.output === 'json' || options.output === 'yaml' || options.output === 'name') {
    if (options.watch) printEach(context, requests, options.output);
    else if (options.output === 'json') streams.stdout(toJson(asList(requests)));
    else if (options.output === 'yaml') streams.stdout(toYaml(asList(requests)));
    else streams.stdout(requests.map((request) => `${objectName(request)}\n`).join(''));
    return;
  }
  if (requests.length > 0) streams.stdout(requestTable(requests, tableOf(context, options), clock.now()));
  else streams.stderr(nothingText(options, namespace, ofAll));
}

function printChanged(
  context: VerbContext,
  requests: readonly ApprovalRequest[],
  options: ListOptions,
  before: readonly ApprovalRequest[],
): void {
  if (requests.length === 0) return;
  const { output } = options;
  if (output === 'json' || output === 'yaml' || output === 'name') printEach(context, requests, output);
  else
    context.streams.stdout(
      requestTable(requests, { ...tableOf(context, options), after: before }, context.clock.now()),
    );
}

/** A list never ends: its objects one by one, as kubectl does. */
function printEach(
  { streams }: VerbContext,
  requests: readonly ApprovalRequest[],
  output: Exclude<Output, 'wide'>,
): void {
  for (const request of requests) {
    if (output === 'yaml') streams.stdout('---\n');
    printObject(streams, request, output);
  }
}

function tableOf({ paint }: VerbContext, { allNamespaces, output }: ListOptions): TableOptions {
  return { namespaces: allNamespaces, wide: output === 'wide', paint };
}

/** What was looked for, and what would find more. */
function nothingText(options: ListOptions, namespace: string, ofAll: number): string {
  const where = options.allNamespaces ? '' : ` in namespace ${namespace}`;
  if (options.unacknowledged && !needsCaller(options)) return 'No unacknowledged break-glass uses.\n';
  if (options.waitingForMe) return `Nothing${where} waits for you.${elsewhere(options)}\n`;
  const { all, states, mine } = options;
  const which = [
    all || states !== undefined ? '' : 'open ',
    states === undefined ? '' : `${[...states].join(' or ')} `,
  ];
  const whose = mine ? ' of yours' : '';
  const ended = ofAll > 0 && !all && !mine && states === undefined;
  const hint = ended ? ` ${ofAll} ended: --all shows them.` : elsewhere(options);
  return `No ${which.join('')}approval requests${whose}${where}.${hint}\n`;
}

function elsewhere({ allNamespaces }: ListOptions): string {
  return allNamespaces ? '' : ' -A looks in all namespaces.';
}
