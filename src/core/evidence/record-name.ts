import { type Entry, entryOf } from './entry.ts';
import type { EvidenceRecord } from './evidence-record.ts';
import { EVIDENCE_API_VERSION, type RecordObject } from './record-object.ts';
import { microsOf } from './micros.ts';

/** What a name says: enough to find the record again by its time, in any replica. */
export interface NamedRecord {
  /** Microseconds since the Unix epoch. */
  readonly at: number;
  readonly seq: number;
  /** The first 8 hexadecimal digits of the ledger's UUID. */
  readonly ledger: string;
}

const NAME = /^([0-9a-z]{1,11})-(\d{1,16})-([0-9a-f]{8})$/;
const LEDGER_DIGITS = 8;

/** `mhz3k2a1b9-1024-3f0c2a9e`: in the order of time, and a DNS label. */
export function nameOfRecord(at: number, seq: number, ledger: string): string {
  return `${Math.max(0, at).toString(36)}-${seq}-${ledger.slice(0, LEDGER_DIGITS)}`;
}

export function readRecordName(name: string): NamedRecord | undefined {
  const [, at = '', seq, ledger] = NAME.exec(name) ?? [];
  const micros = Number.parseInt(at, 36);
  if (ledger === undefined || !Number.isSafeInteger(micros)) return undefined;
  return { at: micros, seq: Number(seq), ledger };
}

/** The time by which it is found: as the index takes it. */
function microsOfEntry(entry: Entry, record: EvidenceRecord): number {
  return microsOf(entry.at) ?? microsOf(record.time) ?? 0;
}

/** RFC 3339 with microseconds. */
export function microsText(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1e6) * 1e3).toISOString().slice(0, 19);
  return `${seconds}.${String(((micros % 1e6) + 1e6) % 1e6).padStart(6, '0')}Z`;
}

/** @returns undefined for what nobody looks for: the ledger's own records */
export function recordObject(ledger: string, record: EvidenceRecord): RecordObject | undefined {
  const entry = entryOf(record);
  if (entry === undefined) return undefined;
  const at = microsOfEntry(entry, record);
  const namespace = entry.namespace === '' ? undefined : entry.namespace;
  return {
    apiVersion: EVIDENCE_API_VERSION,
    kind: 'Record',
    metadata: {
      name: nameOfRecord(at, record.seq, ledger),
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: `${microsText(at).slice(0, 19)}Z`,
    },
    ledger,
    entry,
    record,
  };
}
