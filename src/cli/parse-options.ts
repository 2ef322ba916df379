import { InvalidArgumentError } from 'commander';
import { durationSeconds } from '../core/api/duration.ts';

/** The CRD's maxLength of a reason. */
const REASON_LIMIT = 2048;
/** The CRD's maxLength of a ticket. */
const TICKET_LIMIT = 512;

/** @throws InvalidArgumentError, as all of these */
export function parseReason(text: string): string {
  return textWithin(REASON_LIMIT, text);
}

export function parseTicket(text: string): string {
  return textWithin(TICKET_LIMIT, text);
}

function textWithin(limit: number, text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('It is empty.');
  if (trimmed.length > limit) throw new InvalidArgumentError(`It is longer than ${limit} characters.`);
  return trimmed;
}

/** As it was typed: it is sent as text. */
export function parseDuration(text: string): string {
  parseTimeout(text);
  return text;
}

/** Only in full: a shortened digest can be forged. */
export function parseDigest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('It is sha256: and 64 hex digits.');
}

/** In milliseconds. */
export function parseTimeout(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds === undefined || seconds < 1) throw new InvalidArgumentError('It is a duration such as 90s, 10m or 1h.');
  return seconds * 1000;
}
