import { toJson, toYaml } from '../core/notice/structured-output.ts';
import { EVIDENCE_GROUP } from '../core/evidence/record-object.ts';
import { printable } from '../core/attributes/printable.ts';
import { inOrder } from '../core/evidence/in-order.ts';
import { auditTable } from './audit-table.ts';
import { auditTimeline } from './audit-timeline.ts';
import { CliError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { asList, type Output } from './output.ts';
import { findRecords, followRecords, type RecordItem, type RecordSelector } from './records.ts';
import { requestReference } from './request-reference.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';

export interface AuditOptions {
  readonly output: Output | undefined;
  readonly allNamespaces: boolean;
  readonly selector: RecordSelector;
  readonly limit: number;
  /** Goes on with what is written, until it is ended. */
  readonly follow: boolean;
}

/** Of one request: votes, uses and refusals; a request lives for days at most. */
const MOST_OF_REQUEST = 1_000;
/** Decisions of one request whose events are looked up; a window has 10 uses. */
const MOST_DECISIONS = 50;
/** Lookups at once. */
const AT_ONCE = 4;

/** Search: the newest last, as in a log. */
export async function searchAudit(context: VerbContext, options: AuditOptions): Promise<void> {
  const namespace = options.allNamespaces ? undefined : context.namespace;
  const { items, more, resourceVersion, unreadable } = await findRecords(
    context.client,
    namespace,
    options.selector,
    options.limit,
  );
  const shown = items.toReversed();
  printFound(context, shown, options);
  if (more)
    context.streams.stderr(
      `The newest ${items.length}; there are more: --limit shows them, --since and others narrow it down.\n`,
    );
  for (const { seq, ledger, why } of unreadable) {
    context.streams.stderr(`Record ${seq} of ledger ${printable(ledger)} is not shown: ${why}.\n`);
  }
  if (!options.follow) return;
  // What came while the list was made is in both.
  const known = new Set(items.map(({ metadata }) => metadata.name));
  for await (const item of followRecords(context, namespace, withoutTimes(options), resourceVersion)) {
    if (!known.delete(item.metadata.name)) printNext(context, item, options, shown);
  }
}

/** One request, from the ask to what the API server says. */
export async function auditRequest(context: VerbContext, text: string, options: AuditOptions): Promise<void> {
  const reference = requestReference(text, context);
  const request = `${reference.namespace}/${reference.name}`;
  // What has no namespace is asked for in ours, and its records are those of the whole cluster.
  const namespace = reference.namespace === SYSTEM_NAMESPACE || options.allNamespaces ? undefined : reference.namespace;
  const { items } = await findRecords(context.client, namespace, { request, kind: 'Any' }, MOST_OF_REQUEST);
  if (items.length === 0) {
    throw new CliError(
      EXIT.notFound,
      `there is no evidence of request ${request}`,
      'kubectl sallyport audit -n NAMESPACE lists what there is',
    );
  }
  const all = new Map(items.map((item) => [item.metadata.name, item]));
  const decisions = [...new Set(items.flatMap(({ entry }) => entry.decision ?? []))].slice(0, MOST_DECISIONS);
  for (let next = 0; next < decisions.length; next += AT_ONCE) {
    const joined = await Promise.all(
      decisions
        .slice(next, next + AT_ONCE)
        .map((decision) => findRecords(context.client, namespace, { decision, kind: 'Any' }, MOST_OF_REQUEST)),
    );
    for (const item of joined.flatMap(({ items: found }) => found)) all.set(item.metadata.name, item);
  }
  const sorted = inOrder([...all.values()], ({ entry }) => entry);
  if (options.output === undefined) context.streams.stdout(auditTimeline(request, sorted, context.paint));
  else printFound(context, sorted, options);
}

/** A watch begins where the list ended: times are nothing to it. */
function withoutTimes({ selector }: AuditOptions): RecordSelector {
  const { since: _since, until: _until, ...rest } = selector;
  return rest;
}

function printFound(context: VerbContext, items: readonly RecordItem[], options: AuditOptions): void {
  const { streams, paint } = context;
  const { output } = options;
  if (options.follow && output !== undefined && output !== 'wide') {
    for (const item of items) printNext(context, item, options, items);
  } else if (output === 'json') streams.stdout(toJson(asList(items)));
  else if (output === 'yaml') streams.stdout(toYaml(asList(items)));
  else if (output === 'name') streams.stdout(items.map(nameLine).join(''));
  else if (items.length > 0 || options.follow) {
    streams.stdout(auditTable(items, { namespaces: options.allNamespaces, wide: output === 'wide', paint }));
  } else {
    const where = options.allNamespaces ? '' : ` in namespace ${context.namespace}`;
    const hint = options.allNamespaces ? '' : ' -A looks in all namespaces.';
    streams.stderr(`No records${where}.${hint}\n`);
  }
}

function printNext(
  { streams, paint }: VerbContext,
  item: RecordItem,
  { output, allNamespaces }: AuditOptions,
  after: readonly RecordItem[],
): void {
  switch (output) {
    case 'json':
      // One a line, so that a program can read it as it comes.
      streams.stdout(`${JSON.stringify(item)}\n`);
      return;
    case 'yaml':
      streams.stdout(`---\n${toYaml(item)}`);
      return;
    case 'name':
      streams.stdout(nameLine(item));
      return;
    case 'wide':
    case undefined:
      streams.stdout(auditTable([item], { namespaces: allNamespaces, wide: output === 'wide', paint, after }));
  }
}

function nameLine({ metadata }: RecordItem): string {
  return printable(`record.${EVIDENCE_GROUP}/${metadata.name}`).concat('\n');
}
