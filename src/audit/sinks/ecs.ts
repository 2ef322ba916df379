import { isIP } from 'node:net';
import { entryOf, type Entry } from '../../core/evidence/entry.ts';
import type { EvidenceKind, EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import { type Classified, classify } from './classify.ts';
import { sentenceOf } from './sentence.ts';

/** Of the Elastic Common Schema whose fields these are: https://www.elastic.co/docs/reference/ecs */
export const ECS_VERSION = '9.4.0';

/**
 * What receivers get of a record, in the fields of ECS. What ECS has no field for is in `sallyport`, as its guidelines for
 * custom fields ask; all of the record is in `event.original`.
 */
export interface EcsDocument {
  /** When it happened. */
  readonly '@timestamp': string;
  readonly ecs: { readonly version: string };
  readonly message: string;
  readonly event: Classified & {
    readonly id: string;
    readonly provider: 'sallyport';
    readonly module: 'sallyport';
    readonly dataset: 'sallyport.evidence';
    /** When the ledger wrote it. */
    readonly created: string;
    readonly start?: string;
    readonly sequence: number;
    /** SHA-256 of `original`. */
    readonly hash: string;
    readonly reason?: string;
    /** The line of the ledger, byte for byte. Absent where it is longer than the sink is told to send. */
    readonly original?: string;
  };
  readonly observer: { readonly vendor: 'Sallyport'; readonly product: 'Sallyport'; readonly type: 'approval-gate' };
  readonly orchestrator?: {
    readonly type: 'kubernetes';
    readonly namespace?: string;
    readonly resource?: { readonly type?: string; readonly name?: string };
  };
  readonly user?: {
    readonly name?: string;
    readonly id?: string;
    /** Whom an impersonator acted as. */
    readonly effective?: { readonly name: string };
  };
  readonly related?: { readonly user?: readonly string[]; readonly ip?: readonly string[] };
  readonly source?: { readonly ip: string };
  readonly user_agent?: { readonly original: string };
  readonly url?: { readonly original: string };
  readonly http?: { readonly response: { readonly status_code: number } };
  readonly rule?: { readonly name: string };
  readonly sallyport: {
    readonly ledger: string;
    readonly kind: EvidenceKind | 'Checkpoint';
    /** The record's own id, which says what it is about. */
    readonly record: string;
    readonly person?: string;
    readonly verb?: string;
    /** namespace/name of the ApprovalRequest. */
    readonly request?: string;
    /** Joins a decision, its use, and the API server's event. */
    readonly decision?: string;
    readonly outcome?: string;
    readonly code?: string;
    readonly digest?: string;
    readonly policies?: readonly string[];
    /** The record was longer than the sink may send: the rest stands in the ledger. */
    readonly cut?: true;
  };
}

export interface Numbered {
  readonly ledger: string;
  readonly record: EvidenceRecord;
  /** SHA-256 of its line. */
  readonly hash: string;
  /** The line, where it is to be sent. */
  readonly line: string | undefined;
}

/** Pure, and total: whatever a record holds becomes a document. */
export function ecsDocument({ ledger, record, hash, line }: Numbered): EcsDocument {
  const entry: Partial<Entry> = entryOf(record) ?? {};
  const { person, verb, request, decision, outcome } = entry;
  const reason = reasonOf(record);
  return {
    '@timestamp': entry.at ?? record.time,
    ecs: { version: ECS_VERSION },
    message: sentenceOf(record, entry),
    event: {
      ...classify(record),
      id: `${ledger}/${record.seq}`,
      provider: 'sallyport',
      module: 'sallyport',
      dataset: 'sallyport.evidence',
      created: record.time,
      ...(record.kind === 'AuditEvent' ? { start: record.data.requestReceivedTimestamp } : {}),
      sequence: record.seq,
      hash,
      ...(reason === undefined ? {} : { reason }),
      ...(line === undefined ? {} : { original: line }),
    },
    observer: OBSERVER,
    ...orchestratorOf(entry),
    ...actorOf(record, entry),
    ...(record.kind === 'AuditEvent' ? requestFields(record.data) : {}),
    ...(record.kind === 'Alarm' ? { rule: { name: record.data.alarm } } : {}),
    sallyport: {
      ledger,
      kind: record.kind,
      record: record.id,
      ...defined({ person, verb, request, decision, outcome }),
      ...termsOf(record),
      ...(line === undefined ? { cut: true } : {}),
    },
  };
}

export const OBSERVER = { vendor: 'Sallyport', product: 'Sallyport', type: 'approval-gate' } as const;

function orchestratorOf({ namespace, resource, name }: Partial<Entry>): Pick<EcsDocument, 'orchestrator'> {
  if (resource === undefined && name === undefined) return {};
  return {
    orchestrator: {
      type: 'kubernetes',
      ...defined({ namespace }),
      resource: defined({ type: resource, name }),
    },
  };
}

function actorOf(record: EvidenceRecord, { user, person }: Partial<Entry>): Pick<EcsDocument, 'user' | 'related'> {
  const caller = record.kind === 'AuditEvent' ? record.data.user.username : user;
  const id = record.kind === 'Decision' || record.kind === 'AuditEvent' ? record.data.user.uid : undefined;
  const effective = caller === user ? undefined : user;
  const users = [...new Set([caller, effective, person].filter((name) => name !== undefined))];
  const ips = record.kind === 'AuditEvent' ? (record.data.sourceIPs ?? []).filter((ip) => isIP(ip) !== 0) : [];
  return {
    ...(caller === undefined && id === undefined
      ? {}
      : {
          user: {
            ...defined({ name: caller, id: id === '' ? undefined : id }),
            ...(effective === undefined ? {} : { effective: { name: effective } }),
          },
        }),
    ...(users.length === 0 && ips.length === 0
      ? {}
      : { related: { ...(users.length === 0 ? {} : { user: users }), ...(ips.length === 0 ? {} : { ip: ips }) } }),
  };
}

type AuditEvent = Extract<EvidenceRecord, { kind: 'AuditEvent' }>['data'];

function requestFields(event: AuditEvent): Pick<EcsDocument, 'source' | 'user_agent' | 'url' | 'http'> {
  const { sourceIPs = [], userAgent, requestURI, responseStatus } = event;
  // The first is what the client said of itself behind a proxy, as in X-Forwarded-For.
  const [ip] = sourceIPs;
  return {
    ...(ip === undefined || isIP(ip) === 0 ? {} : { source: { ip } }),
    ...(userAgent === undefined ? {} : { user_agent: { original: userAgent } }),
    url: { original: requestURI },
    ...(responseStatus?.code === undefined ? {} : { http: { response: { status_code: responseStatus.code } } }),
  };
}

function reasonOf(record: EvidenceRecord): string | undefined {
  switch (record.kind) {
    case 'Decision':
      return record.data.detail ?? record.data.code;
    case 'Request':
      return record.data.because ?? record.data.reason;
    case 'Vote':
      return record.data.reason;
    case 'Alarm':
      return record.data.message;
    case 'AuditEvent':
      return record.data.responseStatus?.reason ?? record.data.responseStatus?.message;
    case 'Segment':
    case 'Use':
    case 'GivenBack':
    case 'Policy':
      return undefined;
  }
}

function termsOf(record: EvidenceRecord): Pick<EcsDocument['sallyport'], 'code' | 'digest' | 'policies'> {
  switch (record.kind) {
    case 'Decision': {
      const { code, digest, policies } = record.data;
      return { code, ...defined({ digest }), policies };
    }
    case 'Request': {
      const { digest, policies } = record.data;
      return { ...defined({ digest }), policies };
    }
    case 'Vote':
    case 'Use':
      return { digest: record.data.digest };
    case 'Policy':
      return { policies: [record.data.name] };
    case 'Segment':
    case 'GivenBack':
    case 'AuditEvent':
    case 'Alarm':
      return {};
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that hold nothing. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
