import { createPrivateKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { CertificateIssueError } from './certificate-issue-error.ts';
import { toSerialHex } from './serial.ts';

/** RSA, because node-forge cannot encode elliptic curve keys. */
const RSA_BITS = 2048;

/** RFC 5280 ub-common-name. */
const MAX_COMMON_NAME_LENGTH = 64;

/** RFC 1123 labels; node-forge would write anything else into the certificate as it stands. */
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A certificate and the private key that belongs to it (PKCS #8), both PEM. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

interface Validity {
  /** Milliseconds since the Unix epoch; a certificate keeps whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** 16 bytes from a cryptographic source (RFC 5280 §4.1.2.2 allows up to 20 octets). */
  readonly serial: Uint8Array;
}

export interface CertificateAuthorityRequest extends Validity {
  readonly commonName: string;
}

export interface ServingCertificateRequest extends Validity {
  readonly ca: IssuedCertificate;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export interface ClientCertificateRequest extends Validity {
  readonly ca: IssuedCertificate;
  readonly commonName: string;
}

/**
 * A self-signed authority that may sign leaves and nothing below them (pathlen 0).
 *
 * @throws CertificateIssueError when the request is not one that can be signed.
 */
export async function issueCertificateAuthority(request: CertificateAuthorityRequest): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const certificate = unsigned(request, keys.publicKeyPem, request.commonName, request.commonName);
  const keyId = subjectKeyId(keys.publicKeyPem);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyId },
  ]);
  const certificatePem = sign(certificate, keys.privateKeyPem);
  check(certificatePem, certificatePem, keys.privateKeyPem);
  return { certificatePem, privateKeyPem: keys.privateKeyPem };
}

/**
 * A leaf for a TLS server. Names stand in the subjectAltName only: Go ignores the common name since 1.15.
 *
 * @throws CertificateIssueError when the authority's key and certificate do not belong together, or there is no name.
 */
export async function issueServingCertificate(request: ServingCertificateRequest): Promise<IssuedCertificate> {
  const { dnsNames, ipAddresses } = request;
  const primaryName = dnsNames[0] ?? ipAddresses[0];
  if (primaryName === undefined) throw new CertificateIssueError('a serving certificate needs a DNS name or an IP');
  const commonName = primaryName.length <= MAX_COMMON_NAME_LENGTH ? primaryName : 'sallyport';
  const altNames = [...dnsNames.map(dnsAltName), ...ipAddresses.map(ipAltName)];
  return issueLeaf(request, commonName, [
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
  ]);
}

/**
 * A leaf for a TLS client, which the server knows by its common name.
 *
 * @throws CertificateIssueError as for a serving certificate.
 */
export async function issueClientCertificate(request: ClientCertificateRequest): Promise<IssuedCertificate> {
  return issueLeaf(request, request.commonName, [{ name: 'extKeyUsage', clientAuth: true }]);
}

async function issueLeaf(
  request: Validity & { readonly ca: IssuedCertificate },
  commonName: string,
  extensions: readonly object[],
): Promise<IssuedCertificate> {
  const { ca } = request;
  const authority = readAuthority(ca);
  const keys = await generateKeys();
  const certificate = unsigned(request, keys.publicKeyPem, commonName, authority.commonName);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    ...extensions,
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: subjectKeyId(authority.publicKeyPem) },
  ]);
  const certificatePem = sign(certificate, authority.privateKeyPem);
  check(certificatePem, ca.certificatePem, keys.privateKeyPem);
  return { certificatePem, privateKeyPem: keys.privateKeyPem };
}

const generateKeyPairAsync = promisify(generateKeyPair);

async function generateKeys(): Promise<{ publicKeyPem: string; privateKeyPem: string }> {
  const { publicKey, privateKey } = await generateKeyPairAsync('rsa', { modulusLength: RSA_BITS });
  return { publicKeyPem: spki(publicKey), privateKeyPem: pkcs8(privateKey) };
}

function unsigned(validity: Validity, publicKeyPem: string, subject: string, issuer: string): forge.pki.Certificate {
  if (!(validity.notAfter > validity.notBefore)) throw new CertificateIssueError('notAfter is not after notBefore');
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKeyPem);
  certificate.serialNumber = toSerialHex(validity.serial);
  certificate.validity.notBefore = new Date(validity.notBefore);
  certificate.validity.notAfter = new Date(validity.notAfter);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  return certificate;
}

function sign(certificate: forge.pki.Certificate, privateKeyPem: string): string {
  certificate.sign(forge.pki.privateKeyFromPem(privateKeyPem), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

function readAuthority(ca: IssuedCertificate): { commonName: string; publicKeyPem: string; privateKeyPem: string } {
  try {
    const certificate = new X509Certificate(ca.certificatePem);
    const key = createPrivateKey(ca.privateKeyPem);
    const commonName: unknown = certificate.toLegacyObject().subject.CN;
    if (typeof commonName !== 'string') throw new CertificateIssueError('the authority has no common name');
    return { commonName, publicKeyPem: spki(certificate.publicKey), privateKeyPem: pkcs8(key) };
  } catch (cause) {
    if (cause instanceof CertificateIssueError) throw cause;
    throw new CertificateIssueError('the authority cannot be read', { cause });
  }
}

/** node-forge only builds; whether the result is what was meant is for OpenSSL to say. */
function check(certificatePem: string, issuerPem: string, privateKeyPem: string): void {
  const certificate = new X509Certificate(certificatePem);
  const issuer = new X509Certificate(issuerPem);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
    throw new CertificateIssueError('the certificate does not verify under its authority');
  }
  if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) {
    throw new CertificateIssueError('the certificate does not belong to its key');
  }
}

/** RFC 5280 §4.2.1.2, method 1: SHA-1 of the public key bits, as a binary string. */
function subjectKeyId(publicKeyPem: string): string {
  const key = forge.pki.publicKeyFromPem(publicKeyPem);
  return forge.pki.getPublicKeyFingerprint(key, { type: 'RSAPublicKey' }).getBytes();
}

function dnsAltName(value: string): object {
  if (!DNS_NAME.test(value)) throw new CertificateIssueError(`not a DNS name: ${JSON.stringify(value)}`);
  return { type: 2, value };
}

function ipAltName(ip: string): object {
  if (isIP(ip) === 0) throw new CertificateIssueError(`not an IP address: ${JSON.stringify(ip)}`);
  return { type: 7, ip };
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}
