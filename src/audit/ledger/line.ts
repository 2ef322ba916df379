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

/**
 * Writes the line up to its data; the data as JSON and `}` follow. It goes letter by letter, which spares making a text of
 * the parts that is then copied and encoded.
 *
 * @returns where it ends
 */
export function writeLineStart(buffer: Buffer, at: number, { seq, prev, time, kind, id }: Envelope): number {
  let end = writeAscii(buffer, at, '{"seq":');
  end = writeAscii(buffer, end, String(seq));
  end = writeAscii(buffer, end, ',"prev":"');
  end = writeAscii(buffer, end, prev);
  end = writeAscii(buffer, end, '","time":"');
  end = writeAscii(buffer, end, time);
  end = writeAscii(buffer, end, '","kind":"');
  end = writeAscii(buffer, end, kind);
  end = writeAscii(buffer, end, '","id":"');
  end = writeAscii(buffer, end, id);
  return writeAscii(buffer, end, '","data":');
}

function writeAscii(buffer: Buffer, from: number, text: string): number {
  const { length } = text;
  for (let at = 0; at < length; at += 1) buffer[from + at] = text.charCodeAt(at);
  return from + length;
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
