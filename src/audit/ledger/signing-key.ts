import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';

/** ed25519 (RFC 8032). */
export interface SigningKey {
  /** See `keyIdOf`. */
  readonly id: string;
  /** SPKI PEM. */
  readonly publicPem: string;
  sign(bytes: Buffer): Buffer;
}

export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
  readonly code = 'SigningKey';
}

/** @param privatePem PKCS#8, as `openssl genpkey -algorithm ed25519` writes it. @throws SigningKeyError */
export function createSigningKey(privatePem: string): SigningKey {
  const key = privateKeyOf(privatePem);
  if (key.asymmetricKeyType !== 'ed25519') throw new SigningKeyError('the signing key of the ledger is not ed25519');
  const publicKey = createPublicKey(key);
  return {
    id: keyIdOf(publicKey),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign(null, bytes, key),
  };
}

/** SHA-256 of a public key as SPKI DER, in hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ type: 'spki', format: 'der' }));
}

function privateKeyOf(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    // Its cause may quote the key.
    throw new SigningKeyError('the signing key of the ledger is no private key in PEM');
  }
}
