import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type IssuedCertificate, issueCertificateAuthority, issueServingCertificate } from './issue.ts';

const notBefore = Date.parse('2026-01-01T00:00:00Z');
const notAfter = Date.parse('2026-02-01T00:00:00Z');
const serial = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index);
const names = { dnsNames: ['sallyport.sallyport-system.svc', 'localhost'], ipAddresses: ['127.0.0.1', '::1'] };

describe('certificates', () => {
  let ca: IssuedCertificate;
  let leaf: IssuedCertificate;

  beforeAll(async () => {
    ca = await issueCertificateAuthority({ commonName: 'sallyport, "the" CA', notBefore, notAfter, serial });
    leaf = await issueServingCertificate({ ca, ...names, notBefore, notAfter, serial });
  });

  test('an authority signs itself and may sign others', () => {
    const certificate = new X509Certificate(ca.certificatePem);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validFromDate.getTime()).toBe(notBefore);
    expect(certificate.validToDate.getTime()).toBe(notAfter);
  });

  test('a leaf is for servers, with every name, under its authority, and is no authority', () => {
    const certificate = new X509Certificate(leaf.certificatePem);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.checkIssued(new X509Certificate(ca.certificatePem))).toBe(true);
    expect(certificate.subjectAltName).toBe(
      'DNS:sallyport.sallyport-system.svc, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
  });

  test.each([
    ['a serial with the top bit set stays positive and whole', serial, 'F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF'],
    ['a serial with leading zeros is in its shortest form', new Uint8Array(16).fill(0x42, 3), '42'.repeat(13)],
  ])('%s', async (_, given, expected) => {
    const issued = await issueServingCertificate({ ca, ...names, notBefore, notAfter, serial: given });
    expect(new X509Certificate(issued.certificatePem).serialNumber).toBe(expected);
  });

  test.each<[string, Partial<Parameters<typeof issueServingCertificate>[0]>]>([
    ['a serial of the wrong size', { serial: new Uint8Array(8).fill(1) }],
    ['a serial of zero', { serial: new Uint8Array(16) }],
    ['no name at all', { dnsNames: [], ipAddresses: [] }],
    ['a DNS name with a NUL', { dnsNames: ['good.example\0.bad'] }],
    ['an IP that is none', { ipAddresses: ['300.1.1.1'] }],
    ['an end before the beginning', { notAfter: notBefore }],
  ])('%s is refused', async (_, change) => {
    const asked = issueServingCertificate({ ca, ...names, notBefore, notAfter, serial, ...change });
    await expect(asked).rejects.toMatchObject({ code: 'CertificateIssue' });
  });

  test('an authority whose key is another one is refused', async () => {
    const broken = { certificatePem: ca.certificatePem, privateKeyPem: leaf.privateKeyPem };
    const asked = issueServingCertificate({ ca: broken, ...names, notBefore, notAfter, serial });
    await expect(asked).rejects.toThrow('does not verify');
  });
});
