import { DamagedLedgerError } from './scan-segment.ts';
import { isSignedBy, type PublicKey, readPublicKey, type Signed } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';

/**
 * The keys that may have signed, by id: our own, and those that the configuration names. Never those that stand beside the
 * segments, since whoever can write there can put a key there too, and would have what they wrote signed by us from then on.
 */
export type TrustedKeys = ReadonlyMap<string, PublicKey>;

export function trustedKeys({ publicPem }: SigningKey, former: readonly PublicKey[]): TrustedKeys {
  const own = readPublicKey(publicPem);
  return new Map([...former, ...(own === undefined ? [] : [own])].map((key) => [key.id, key]));
}

/** @param name of the file. @throws DamagedLedgerError where none of them signed it */
export function mustBeSigned(value: Signed, name: string, keys: TrustedKeys): void {
  const key = keys.get(value.key);
  if (key === undefined)
    throw new DamagedLedgerError(
      `${name} is signed by key ${value.key}, which is neither the key of this process nor named in audit.ledger.formerKeyFiles: if that key signed here before, name a copy of its public key there that was kept elsewhere; if not, somebody else has written this ledger`,
    );
  if (!isSignedBy(value, key.key)) throw new DamagedLedgerError(`the signature of ${name} is wrong`);
}
