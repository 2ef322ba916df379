import type { Ledger } from '../../ports/ledger.ts';
import { ReadApiError } from './read-api-error.ts';

/** Of a ledger's first 32 bits, in decimal. */
const LEDGER_DIGITS = 10;
/** 4,000 records a second for 79 years. */
const SEQ_DIGITS = 13;
/** How many ledgers, at the end. */
const COUNT_DIGITS = 3;
/** The version stands in every event and in an address, which a proxy cuts at 8 KiB. */
export const MAX_LEDGERS = 128;

/**
 * What a list says of when it was, and a watch goes on from: the number of the next record of this ledger, and which ledger
 * that is. Decimal, and greater with each record, as clients may rely on (KEP-5504).
 */
export function versionOf(ledger: Pick<Ledger, 'id'>, seq: number): string {
  return `${seq + 1}${digitsOf(ledger.id)}`;
}

/**
 * @returns undefined: from now on
 * @throws ReadApiError Expired: a version of another replica's ledger
 */
export function seqOfVersion(version: string, ledger: Pick<Ledger, 'id'>): number | undefined {
  if (version === '' || version === '0') return undefined;
  const seq = Number(version.slice(0, -LEDGER_DIGITS)) - 1;
  if (/^\d{11,25}$/.test(version) && version.endsWith(digitsOf(ledger.id)) && Number.isSafeInteger(seq)) return seq;
  throw expired();
}

/** By ledger, the number of the last record that was shown. */
export type Positions = ReadonlyMap<string, number>;

/** The same of several ledgers: their sum and one, which grows with each record, then each with its number, then how many. */
export function versionOfAll(positions: Positions): string {
  // Two ledgers with the same digits share the smaller number: what is between is shown twice, and nothing is missed.
  const byDigits = new Map<string, number>();
  for (const [ledger, seq] of positions) {
    const digits = digitsOf(ledger);
    byDigits.set(digits, Math.min(seq, byDigits.get(digits) ?? Infinity));
  }
  const all = [...byDigits].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const sum = all.reduce((total, [, seq]) => total + seq, 0);
  const each = all.map(([digits, seq]) => digits + String(seq).padStart(SEQ_DIGITS, '0')).join('');
  return `${sum + 1}${each}${String(all.length).padStart(COUNT_DIGITS, '0')}`;
}

/**
 * @returns how far a ledger was; 0 of one that was not there: undefined as a whole is from now on
 * @throws ReadApiError Expired: no version of `versionOfAll`
 */
export function positionOfVersion(version: string): ((ledger: string) => number) | undefined {
  if (version === '' || version === '0') return undefined;
  const count = Number(version.slice(-COUNT_DIGITS));
  const width = LEDGER_DIGITS + SEQ_DIGITS;
  const body = version.slice(-COUNT_DIGITS - count * width, -COUNT_DIGITS);
  const sum = version.slice(0, -COUNT_DIGITS - count * width);
  if (!/^\d+$/.test(version) || count < 1 || count > MAX_LEDGERS || body.length !== count * width) throw expired();
  const byDigits = new Map<string, number>();
  for (let at = 0; at < body.length; at += width) {
    byDigits.set(body.slice(at, at + LEDGER_DIGITS), Number(body.slice(at + LEDGER_DIGITS, at + width)));
  }
  if (Number(sum) !== [...byDigits.values()].reduce((total, seq) => total + seq, 1)) throw expired();
  return (ledger) => byDigits.get(digitsOf(ledger)) ?? 0;
}

function digitsOf(ledger: string): string {
  return String(Number.parseInt(ledger.slice(0, 8), 16)).padStart(LEDGER_DIGITS, '0');
}

/** Clients list again from it. */
function expired(): ReadApiError {
  return new ReadApiError(410, 'Expired', 'the resourceVersion is not one of these ledgers');
}
