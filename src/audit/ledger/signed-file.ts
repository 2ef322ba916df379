import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { keyIdOf, type SigningKey } from './signing-key.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().min(0);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const signature = z.string().regex(/^[0-9a-f]{128}$/);

export const SEAL_FORMAT = 'sallyport-ledger-seal/v1';
export const REMOVAL_FORMAT = 'sallyport-ledger-removal/v1';
export const HEAD_FORMAT = 'sallyport-ledger-head/v1';

/** No file of these is longer, and no key that signs them: they have one line of some 600 bytes. */
export const SIGNED_BYTES = 4096;

/** What a closed segment is. */
const seal = z.strictObject({
  format: z.literal(SEAL_FORMAT),
  ledger: z.uuid(),
  /** Numbers of its first and its last record. */
  first: whole,
  last: whole,
  records: whole,
  bytes: whole,
  /** Of the file. */
  sha256: digest,
  /** Hash of the line before its first, and of its last line. */
  prev: digest,
  head: digest,
  closedAt: time,
  /** Id of the key that signed. */
  key: digest,
  signature,
});

/** That a segment was removed, and by what: whoever else removes one cannot sign it. */
const removal = z.strictObject({
  format: z.literal(REMOVAL_FORMAT),
  ledger: z.uuid(),
  first: whole,
  last: whole,
  /** SHA-256 of the file of its seal. */
  seal: digest,
  why: z.literal('Retention'),
  /** When it was about to be removed. */
  time,
  key: digest,
  signature,
});

/** How far the ledger had come at a time. */
const checkpoint = z.strictObject({
  format: z.literal(HEAD_FORMAT),
  ledger: z.uuid(),
  seq: whole,
  hash: digest,
  time,
  key: digest,
  signature,
});

export type Seal = Readonly<z.output<typeof seal>>;
export type Removal = Readonly<z.output<typeof removal>>;
export type Checkpoint = Readonly<z.output<typeof checkpoint>>;

export type Signed = Seal | Removal | Checkpoint;

/** ed25519 over the canonical JSON (RFC 8785) of all but the signature, in hexadecimal. */
export function signed<Value extends object>(value: Value, key: SigningKey): Value & { readonly signature: string } {
  return { ...value, signature: key.sign(canonical(value)).toString('hex') };
}

/** What stands in the file: there is one way only to write it, so that not one byte of it can be changed. */
export function signedText(value: Signed): string {
  return `${canonical(value).toString()}\n`;
}

/** @returns undefined where it is no seal, or is written in any other way than ours */
export function readSeal(text: string): Seal | undefined {
  return readSigned(seal, text);
}

/** @returns undefined where it is none, or is written in any other way than ours */
export function readRemoval(text: string): Removal | undefined {
  return readSigned(removal, text);
}

/** @param asWritten false for a copy that somebody kept, with white space of their own */
export function readCheckpoint(text: string, asWritten = true): Checkpoint | undefined {
  return readSigned(checkpoint, text, asWritten);
}

export function isSignedBy(value: Signed, key: KeyObject): boolean {
  const { signature: given, ...rest } = value;
  return verify(null, canonical(rest), key, Buffer.from(given, 'hex'));
}

export interface PublicKey {
  /** See `keyIdOf`. */
  readonly id: string;
  readonly key: KeyObject;
  /** SPKI PEM, as it is written to `keys/<id>.pem`. */
  readonly pem: string;
}

/** @returns undefined where it is no ed25519 public key */
export function readPublicKey(pem: string): PublicKey | undefined {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') return undefined;
    return { id: keyIdOf(key), key, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
  } catch {
    return undefined;
  }
}

function canonical(value: object): Buffer {
  return Buffer.from(canonicalize(value) ?? '');
}

function readSigned<Value extends Signed>(schema: z.ZodType<Value>, text: string, asWritten = true): Value | undefined {
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (!result.success || (asWritten && signedText(result.data) !== text)) return undefined;
    return result.data;
  } catch {
    return undefined;
  }
}
