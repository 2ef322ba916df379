import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import type { Tls } from './scripted-api-server.ts';

/**
 * An authority with a server certificate for 127.0.0.1 and client certificates of these names (CN), valid for an hour. One
 * result a name, which share the rest. For tests only.
 */
export function testCertificates<const Names extends readonly string[]>(...names: Names): { [I in keyof Names]: Tls } {
  const ca = issue('test-ca', undefined, [{ name: 'basicConstraints', cA: true }]);
  const server = issue('127.0.0.1', ca, [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }]);
  return names.map((name): Tls => {
    const client = issue(name, ca, [{ name: 'extKeyUsage', clientAuth: true }]);
    return { ca: ca.cert, cert: server.cert, key: server.key, clientCert: client.cert, clientKey: client.key };
  }) as { [I in keyof Names]: Tls };
}

interface Issued {
  readonly cert: string;
  readonly key: string;
}

function issue(commonName: string, issuer: Issued | undefined, extensions: object[]): Issued {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const subject = [{ name: 'commonName', value: commonName }];
  certificate.setSubject(subject);
  certificate.setIssuer(issuer === undefined ? subject : forge.pki.certificateFromPem(issuer.cert).subject.attributes);
  certificate.setExtensions(extensions);
  certificate.sign(forge.pki.privateKeyFromPem(issuer?.key ?? pair.privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey };
}
