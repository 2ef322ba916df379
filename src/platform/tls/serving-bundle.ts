import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What the Secret with the serving certificate holds. Every field is PEM. */
export interface ServingBundle {
  readonly caCertificatePem: string;
  readonly caPrivateKeyPem: string;
  /** The authority before this one, while a leaf that it signed may still be served. */
  readonly previousCaCertificatePem?: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The names that clients verify: `<service>.<namespace>.svc` for a webhook behind a Service. */
export interface ServingNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/**
 * The authorities that a client should trust now, newest first: the `caBundle` of a webhook's clientConfig.
 * An old authority that cannot be read is left out, since the API server refuses a whole bundle for one bad block.
 */
export function caBundle(bundle: ServingBundle): string {
  const authorities = [bundle.caCertificatePem, bundle.previousCaCertificatePem ?? ''];
  return authorities.flatMap((pem) => readCertificate(pem)?.toString() ?? []).join('');
}

/** Undefined for anything that OpenSSL does not read as one certificate. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Whether the key can be read and is the certificate's. */
export function ownsKey(certificate: X509Certificate, privateKeyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    return false;
  }
}

/** Whether TLS would serve them: a damaged Secret must not end who could mend it. */
export function isPair(pair: Pick<ServingBundle, 'certificatePem' | 'privateKeyPem'>): boolean {
  const certificate = readCertificate(pair.certificatePem);
  return certificate !== undefined && ownsKey(certificate, pair.privateKeyPem);
}

/** Whether `issuer` is an authority that signed `certificate`; validity periods are the caller's to judge. */
export function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
