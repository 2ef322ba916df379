import { EVIDENCE_API_VERSION, type RecordList, type RecordObject } from '../../core/evidence/record-object.ts';
import { type EvidencePage, type EvidenceQuery, MAX_FOUND } from '../../core/evidence/query.ts';
import { EvidenceError, type EvidenceReader } from '../../ports/evidence-reader.ts';
import { badRequest, ReadApiError } from './read-api-error.ts';
import { microsText, readRecordName, recordObject } from '../../core/evidence/record-name.ts';
import { type Selection, selectionOf } from './selection.ts';

/** A list, and what is to be said beside it. */
export interface Listed {
  readonly list: RecordList;
  readonly warnings: readonly string[];
}

/** What `continue` holds: the query as it was, since `2h` means another time on the next page. */
interface Continued {
  readonly selection: Selection;
  readonly after: string;
  readonly version: string;
}

/** Around the time in a name: what is in it is looked through. */
const WINDOW_MICROS = 1_000;

/** Ours are far below. */
const MAX_CONTINUE_CHARACTERS = 8_192;

export interface ListOptions {
  readonly namespace: string | undefined;
  readonly parameters: URLSearchParams;
  /** Of the list: from where a watch goes on. */
  readonly version: string;
  readonly now: number;
}

/** @throws ReadApiError; EvidenceError Unavailable */
export async function listRecords(
  reader: EvidenceReader,
  { namespace, parameters, version, now }: ListOptions,
  signal: AbortSignal,
): Promise<Listed> {
  const asked = limitOf(parameters.get('limit'));
  const continued = readContinue(parameters.get('continue') ?? '');
  const { selection, assumed } =
    continued === undefined ? selectionOf(parameters, now) : { selection: continued.selection, assumed: [] };
  const query: EvidenceQuery = {
    ...selection,
    ...(namespace === undefined ? {} : { namespace }),
    limit: Math.min(asked ?? MAX_FOUND, MAX_FOUND),
    ...(continued === undefined ? {} : { after: continued.after }),
  };
  const page = await find(reader, query, signal);
  const resourceVersion = continued?.version ?? version;
  const next = page.next === undefined ? undefined : { selection, after: page.next, version: resourceVersion };
  const list: RecordList = {
    apiVersion: EVIDENCE_API_VERSION,
    kind: 'RecordList',
    metadata: { resourceVersion, ...(next === undefined ? {} : { continue: writeContinue(next) }) },
    items: page.found.flatMap(({ ledger, record }) => shownIn(namespace, recordObject(ledger, record))),
    ...(page.unreadable === undefined ? {} : { unreadable: page.unreadable }),
  };
  const more = next !== undefined && asked === undefined ? [`the first ${list.items.length}; there are more`] : [];
  const lost = (page.unreadable ?? []).map(
    ({ seq, ledger, why }) => `record ${seq} of ledger ${ledger} is not shown: ${why}`,
  );
  return { list, warnings: [...assumed, ...more, ...lost] };
}

/**
 * Finds a record by the time in its name.
 *
 * @throws ReadApiError NotFound; EvidenceError Unavailable
 */
export async function getRecord(
  reader: EvidenceReader,
  namespace: string | undefined,
  name: string,
  signal: AbortSignal,
): Promise<RecordObject> {
  const named = readRecordName(name);
  if (named !== undefined) {
    const window = { since: microsText(named.at), until: microsText(named.at + WINDOW_MICROS) };
    let after: string | undefined;
    do {
      const page = await find(
        reader,
        {
          ...window,
          ...(namespace === undefined ? {} : { namespace }),
          limit: MAX_FOUND,
          ...(after === undefined ? {} : { after }),
        },
        signal,
      );
      const found = page.found.find(
        ({ ledger, record }) => record.seq === named.seq && ledger.startsWith(named.ledger),
      );
      const [object] = found === undefined ? [] : shownIn(namespace, recordObject(found.ledger, found.record));
      if (object !== undefined) return object;
      after = page.next;
    } while (after !== undefined);
  }
  throw new ReadApiError(404, 'NotFound', `records.evidence.sallyport.dev "${name}" not found`);
}

/** Whatever the index says: what is of another namespace is in no answer. */
function shownIn(namespace: string | undefined, object: RecordObject | undefined): readonly RecordObject[] {
  if (object === undefined) return [];
  return namespace === undefined || object.metadata.namespace === namespace ? [object] : [];
}

async function find(reader: EvidenceReader, query: EvidenceQuery, signal: AbortSignal): Promise<EvidencePage> {
  try {
    return await reader.find(query, signal);
  } catch (error) {
    if (!(error instanceof EvidenceError) || error.code !== 'BadQuery') throw error;
    throw query.after === undefined
      ? new ReadApiError(400, 'BadRequest', error.message, { cause: error })
      : expired(error);
  }
}

function limitOf(value: string | null): number | undefined {
  if (value === null || value === '' || value === '0') return undefined;
  const limit = Number(value);
  if (!/^\d{1,9}$/.test(value) || limit < 1) throw badRequest('limit is a whole number');
  return limit;
}

function writeContinue(continued: Continued): string {
  return Buffer.from(JSON.stringify(continued)).toString('base64url');
}

/** Nothing in it is trusted: `after` holds only with the query that it was given for, which its reader checks. */
function readContinue(token: string): Continued | undefined {
  if (token === '') return undefined;
  try {
    if (token.length > MAX_CONTINUE_CHARACTERS) throw new RangeError('too long');
    const value = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Continued> | null;
    if (typeof value?.after !== 'string' || typeof value.version !== 'string' || typeof value.selection !== 'object') {
      throw new TypeError('not a continue token');
    }
    return { selection: value.selection, after: value.after, version: value.version };
  } catch (error) {
    throw expired(error);
  }
}

/** What Kubernetes answers to a token that it does not know any more: clients list from the beginning. */
function expired(cause: unknown): ReadApiError {
  return new ReadApiError(410, 'Expired', 'the continue parameter is not one of this list', { cause });
}
