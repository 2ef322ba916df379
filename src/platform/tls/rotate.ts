import { CertificateIssueError } from './certificate-issue-error.ts';
import { type IssuedCertificate, issueCertificateAuthority, issueServingCertificate } from './issue.ts';
import {
  BACKDATE_MS,
  CA_LIFETIME_MS,
  decideRotation,
  LEAF_LIFETIME_MS,
  previousCaAfterLeafRenewal,
  type RotationReason,
} from './rotation.ts';
import { readCertificate, type ServingBundle, type ServingNames, signedBy } from './serving-bundle.ts';

/** An authority and a leaf at most; a third round would mean that what was just issued is not accepted. */
const MAX_STEPS = 3;

export interface RotationOptions {
  readonly names: ServingNames;
  readonly caCommonName: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** 16 fresh bytes from a cryptographic source on every call. */
  readonly randomSerial: () => Uint8Array;
}

export interface Rotation {
  readonly bundle: ServingBundle;
  /** What was renewed, in order; empty when the bundle was kept. */
  readonly renewed: readonly { readonly what: 'ca' | 'leaf'; readonly reason: RotationReason }[];
  /** When to look again, in milliseconds since the Unix epoch. */
  readonly checkAgainAt: number;
}

/**
 * Carries out `decideRotation` until there is nothing left to do. The caller writes the bundle with the resourceVersion
 * that it was read under: of two controllers that renew at once, one loses and reads the other's.
 *
 * @throws CertificateIssueError when what was issued is refused by the decision again.
 */
export async function rotateServingBundle(
  current: ServingBundle | undefined,
  options: RotationOptions,
): Promise<Rotation> {
  const renewed: Rotation['renewed'][number][] = [];
  let bundle = current;
  for (let step = 0; step < MAX_STEPS; step++) {
    const decision = decideRotation(bundle, options.names, options.now);
    switch (decision.action) {
      case 'keep':
        // `undefined` is never kept: it means that the authority is missing.
        return { bundle: bundle as ServingBundle, renewed, checkAgainAt: decision.until };
      case 'renew-ca':
        bundle = await withNewAuthority(bundle, options);
        renewed.push({ what: 'ca', reason: decision.reason });
        break;
      case 'renew-leaf':
        bundle = await withNewLeaf(bundle as ServingBundle, options);
        renewed.push({ what: 'leaf', reason: decision.reason });
        break;
    }
  }
  throw new CertificateIssueError('the serving certificate does not settle');
}

async function withNewAuthority(
  current: ServingBundle | undefined,
  { caCommonName, now, randomSerial }: RotationOptions,
): Promise<ServingBundle> {
  const ca = await issueCertificateAuthority({
    commonName: caCommonName,
    notBefore: now - BACKDATE_MS,
    notAfter: now + CA_LIFETIME_MS,
    serial: randomSerial(),
  });
  const previous = current === undefined ? undefined : authorityOfServedLeaf(current);
  return {
    caCertificatePem: ca.certificatePem,
    caPrivateKeyPem: ca.privateKeyPem,
    ...(previous === undefined ? {} : { previousCaCertificatePem: previous }),
    certificatePem: current?.certificatePem ?? '',
    privateKeyPem: current?.privateKeyPem ?? '',
  };
}

/** Clients must go on trusting whoever signed the leaf that is being served, which need not be the newest authority. */
function authorityOfServedLeaf(current: ServingBundle): string | undefined {
  const leaf = readCertificate(current.certificatePem);
  return [current.caCertificatePem, current.previousCaCertificatePem ?? ''].find((pem) => {
    const ca = readCertificate(pem);
    return leaf !== undefined && ca !== undefined && signedBy(leaf, ca);
  });
}

async function withNewLeaf(
  current: ServingBundle,
  { names, now, randomSerial }: RotationOptions,
): Promise<ServingBundle> {
  const ca: IssuedCertificate = { certificatePem: current.caCertificatePem, privateKeyPem: current.caPrivateKeyPem };
  const leaf = await issueServingCertificate({
    ca,
    ...names,
    notBefore: now - BACKDATE_MS,
    notAfter: now + LEAF_LIFETIME_MS,
    serial: randomSerial(),
  });
  const previous = previousCaAfterLeafRenewal(current);
  return {
    caCertificatePem: current.caCertificatePem,
    caPrivateKeyPem: current.caPrivateKeyPem,
    ...(previous === undefined ? {} : { previousCaCertificatePem: previous }),
    certificatePem: leaf.certificatePem,
    privateKeyPem: leaf.privateKeyPem,
  };
}
