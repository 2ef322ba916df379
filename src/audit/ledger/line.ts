import { hash } from 'node:crypto';
import { EVIDENCE_KINDS, type EvidenceKind, type EvidenceRecord } from '../../core/evidence/evidence-record.ts';

/** What the first record of a ledger names as `prev`. */
export const GENESIS = '0'.repeat(64);

/** Printable ASCII without space, quote and backslash, so that an id stands in its line as it is. */
export const RECORD_ID = /^[!#-[\]-~]{1,300}$/;

const ENVELOPE =
  /^\{"seq":([1-9]\d{0,15}),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","kind":"([A-Za-z]{1,32})","id":"([!#-[\]-~]{1,300})","data":/;

/** More than the longest envelope. */
const ENVELOPE_BYTES = 512;

/** What stands around the data of a record, in the one way that it may be written (docs/ledger.md). */
export interface Envelope {
  readonly seq: number;
  readonly prev: string;
  readonly time: string;
  readonly kind: EvidenceKind;
  readonly id: string;
}

/** The line up to its data; the data as JSON and `}` follow. */
export function lineStart({ seq, prev, time, kind, id }: Envelope): string {
  return `{"seq":${seq},"prev":"${prev}","time":"${time}","kind":"${kind}","id":"${id}","data":`;
}

/** @param line its bytes without the newline. @returns undefined where it is written in any other way than ours */
export function readEnvelope(line: Buffer): Envelope | undefined {
  const match = matchStart(line);
  if (match === null || line[line.length - 1] !== 0x7d) return undefined;
  const [, seq = '', prev = '', time = '', kind = '', id = ''] = match;
  return isKind(kind) && Number.isSafeInteger(Number(seq)) ? { seq: Number(seq), prev, time, kind, id } : undefined;
}

/** SHA-256 of a line without its newline, in hexadecimal. */
export function hashLine(line: Buffer): string {
  return hash('sha256', line);
}

/**
 * Reads what stands before the data as the verifier does, and the data by itself: of a line with members behind it, such as a
 * second `kind`, two readers would make two records.
 *
 * @throws SyntaxError where it is written in any other way than ours
 */
export function parseRecord(line: Buffer): EvidenceRecord {
  const envelope = readEnvelope(line);
  const start = matchStart(line)?.[0].length;
  if (envelope === undefined || start === undefined) throw new SyntaxError('it is not written as a record');
  const data: unknown = JSON.parse(line.toString('utf8', start, line.length - 1));
  return { ...envelope, data } as EvidenceRecord;
}

function matchStart(line: Buffer): RegExpExecArray | null {
  return ENVELOPE.exec(line.toString('latin1', 0, Math.min(line.length, ENVELOPE_BYTES)));
}

function isKind(kind: string): kind is EvidenceKind {
  return (EVIDENCE_KINDS as readonly string[]).includes(kind);
}
