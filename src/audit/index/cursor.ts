import { timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { EvidenceQuery } from '../../core/evidence/query.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import type { Place } from './search.ts';

/** A keyed hash, in hexadecimal, of which the key is ours alone and the same in every replica. */
export type CursorMac = (text: string) => string;

/** A cursor of ours has about 150 characters. */
const MAX_CHARACTERS = 512;

/** What stands in `next`: the place of the last record, and a MAC over it and over the query that it belongs to. */
export function writeCursor(query: EvidenceQuery, { at, ledger, seq }: Place, mac: CursorMac): string {
  const place = `${at}.${seq}.${ledger}`;
  return Buffer.from(`${place}.${macOf(query, place, mac)}`).toString('base64url');
}

/** @throws EvidenceError BadQuery: not a cursor of ours, or one of another query */
export function readCursor(query: EvidenceQuery, mac: CursorMac): Place | undefined {
  if (query.after === undefined) return undefined;
  const text = query.after.length > MAX_CHARACTERS ? '' : Buffer.from(query.after, 'base64url').toString();
  const [, place, at, seq, ledger, given] = /^((-?\d{1,16})\.(\d{1,16})\.([\w-]{1,64}))\.([0-9a-f]+)$/.exec(text) ?? [];
  if (place === undefined || given === undefined || !isEqual(given, macOf(query, place, mac))) {
    throw new EvidenceError('BadQuery', 'after must be `next` of an earlier page of the same query');
  }
  return { at: Number(at), seq: Number(seq), ledger: ledger ?? '' };
}

/** Pages may differ in size, and in nothing else. */
function macOf(query: EvidenceQuery, place: string, mac: CursorMac): string {
  const { after: _after, limit: _limit, ...same } = query;
  return mac(`evidence-cursor/v1\n${canonicalize(same) ?? ''}\n${place}`);
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
