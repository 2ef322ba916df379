import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { rotateServingBundle } from './rotate.ts';
import { CA_ANNOUNCE_MS, decideRotation, type RotationDecision } from './rotation.ts';
import { caBundle, readCertificate, type ServingBundle, signedBy } from './serving-bundle.ts';

const DAY = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const names = { dnsNames: ['sallyport.sallyport-system.svc'], ipAddresses: ['127.0.0.1'] };
const options = { names, caCommonName: 'sallyport', randomSerial: () => randomBytes(16) };

describe('rotation of the serving certificate', () => {
  let fresh: ServingBundle;
  let other: ServingBundle;

  beforeAll(async () => {
    fresh = (await rotateServingBundle(undefined, { ...options, now: start })).bundle;
    other = (await rotateServingBundle(undefined, { ...options, now: start })).bundle;
  });

  const cases: Record<string, { bundle: () => ServingBundle | undefined; at?: number; expected: object }> = {
    'nothing yet: an authority first': {
      bundle: () => undefined,
      expected: { action: 'renew-ca', reason: 'Missing' },
    },
    'a fresh bundle is kept': { bundle: () => fresh, expected: { action: 'keep' } },
    'a leaf is kept before two thirds of its life': {
      bundle: () => fresh,
      at: start + 19.9 * DAY,
      expected: { action: 'keep' },
    },
    'a leaf is renewed at two thirds of its life': {
      bundle: () => fresh,
      at: start + 20 * DAY,
      expected: { action: 'renew-leaf', reason: 'Due' },
    },
    'an expired leaf is renewed': {
      bundle: () => fresh,
      at: start + 40 * DAY,
      expected: { action: 'renew-leaf', reason: 'Due' },
    },
    'an authority is renewed at two thirds of its life, before its leaf': {
      bundle: () => fresh,
      at: start + 244 * DAY,
      expected: { action: 'renew-ca', reason: 'Due' },
    },
    'a clock that was set back renews': {
      bundle: () => fresh,
      at: start - DAY,
      expected: { action: 'renew-ca', reason: 'NotYetValid' },
    },
    'an authority that is no certificate': {
      bundle: () => ({ ...fresh, caCertificatePem: 'garbage' }),
      expected: { action: 'renew-ca', reason: 'Damaged' },
    },
    'a leaf in the place of the authority': {
      bundle: () => ({ ...fresh, caCertificatePem: fresh.certificatePem, caPrivateKeyPem: fresh.privateKeyPem }),
      expected: { action: 'renew-ca', reason: 'Damaged' },
    },
    'an authority with the key of another': {
      bundle: () => ({ ...fresh, caPrivateKeyPem: other.caPrivateKeyPem }),
      expected: { action: 'renew-ca', reason: 'KeyMismatch' },
    },
    'an authority with a truncated key': {
      bundle: () => ({ ...fresh, caPrivateKeyPem: fresh.caPrivateKeyPem.slice(0, 200) }),
      expected: { action: 'renew-ca', reason: 'KeyMismatch' },
    },
    'a leaf that is empty': {
      bundle: () => ({ ...fresh, certificatePem: '' }),
      expected: { action: 'renew-leaf', reason: 'Damaged' },
    },
    'a leaf with the key of another': {
      bundle: () => ({ ...fresh, privateKeyPem: other.privateKeyPem }),
      expected: { action: 'renew-leaf', reason: 'KeyMismatch' },
    },
    'a leaf of an authority with the same name': {
      bundle: () => ({ ...fresh, certificatePem: other.certificatePem, privateKeyPem: other.privateKeyPem }),
      expected: { action: 'renew-leaf', reason: 'WrongIssuer' },
    },
    'an authority in the place of the leaf': {
      bundle: () => ({ ...fresh, certificatePem: fresh.caCertificatePem, privateKeyPem: fresh.caPrivateKeyPem }),
      expected: { action: 'renew-leaf', reason: 'WrongNames' },
    },
  };

  test.each(Object.entries(cases))('%s', (_, { bundle, at = start, expected }) => {
    expect(decideRotation(bundle(), names, at)).toMatchObject(expected);
  });

  test.each<[string, typeof names]>([
    ['a DNS name that the leaf lacks', { ...names, dnsNames: [...names.dnsNames, 'other.svc'] }],
    ['an IP that the leaf lacks', { ...names, ipAddresses: ['127.0.0.1', '10.0.0.1'] }],
  ])('%s renews the leaf', (_, asked) => {
    const expected: RotationDecision = { action: 'renew-leaf', reason: 'WrongNames' };
    expect(decideRotation(fresh, asked, start)).toEqual(expected);
  });

  test('keep says when to look again, and that is when the leaf is due', () => {
    const decision = decideRotation(fresh, names, start);
    if (decision.action !== 'keep') throw new Error('expected keep');
    expect(decideRotation(fresh, names, decision.until - 1)).toMatchObject({ action: 'keep' });
    expect(decideRotation(fresh, names, decision.until)).toEqual({ action: 'renew-leaf', reason: 'Due' });
  });

  test('a new authority is announced first, then signs, and the old one leaves once its leaf is gone', async () => {
    const renewLeaf = await rotateServingBundle(fresh, { ...options, now: start + 243 * DAY });
    expect(renewLeaf.renewed).toEqual([{ what: 'leaf', reason: 'Due' }]);

    const due = start + 244 * DAY;
    const announced = await rotateServingBundle(renewLeaf.bundle, { ...options, now: due });
    expect(announced.renewed).toEqual([{ what: 'ca', reason: 'Due' }]);
    expect(announced.bundle.certificatePem).toBe(renewLeaf.bundle.certificatePem);
    expect(announced.bundle.previousCaCertificatePem).toBe(fresh.caCertificatePem);
    expect(announced.checkAgainAt).toBe(due + CA_ANNOUNCE_MS);

    const switched = await rotateServingBundle(announced.bundle, { ...options, now: announced.checkAgainAt });
    expect(switched.renewed).toEqual([{ what: 'leaf', reason: 'WrongIssuer' }]);
    expect(switched.bundle.previousCaCertificatePem).toBe(fresh.caCertificatePem);
    expect(blocks(caBundle(switched.bundle))).toBe(2);

    const dropped = await rotateServingBundle(switched.bundle, { ...options, now: switched.checkAgainAt });
    expect(dropped.renewed).toEqual([{ what: 'leaf', reason: 'Due' }]);
    expect(dropped.bundle.previousCaCertificatePem).toBeUndefined();
    expect(blocks(caBundle(dropped.bundle))).toBe(1);

    // Replicas and API servers learn of a step at different times: either may be one step behind the other.
    const steps = [fresh, renewLeaf.bundle, announced.bundle, switched.bundle, dropped.bundle];
    for (const [index, step] of steps.entries()) {
      const next = steps[index + 1] ?? step;
      expect([trusts(step, step), trusts(step, next), trusts(next, step)]).toEqual([true, true, true]);
    }
  });

  test('a lost authority key does not interrupt the leaf that is being served', async () => {
    const rotated = await rotateServingBundle({ ...fresh, caPrivateKeyPem: '' }, { ...options, now: start });
    expect(rotated.renewed).toEqual([{ what: 'ca', reason: 'KeyMismatch' }]);
    expect(rotated.bundle.certificatePem).toBe(fresh.certificatePem);
    expect(rotated.bundle.previousCaCertificatePem).toBe(fresh.caCertificatePem);
  });

  test('when everything is damaged, everything is issued anew at once', async () => {
    const garbage = { caCertificatePem: 'x', caPrivateKeyPem: 'x', certificatePem: 'x', privateKeyPem: 'x' };
    const rotated = await rotateServingBundle(garbage, { ...options, now: start });
    expect(rotated.renewed.map(({ what }) => what)).toEqual(['ca', 'leaf']);
    const ca = readCertificate(rotated.bundle.caCertificatePem);
    const leaf = readCertificate(rotated.bundle.certificatePem);
    expect(ca !== undefined && leaf !== undefined && signedBy(leaf, ca)).toBe(true);
  });

  test('a damaged old authority does not spoil the bundle', () => {
    expect(caBundle({ ...fresh, previousCaCertificatePem: 'garbage' })).toBe(caBundle(fresh));
  });
});

/** Whether a client that trusts `step` accepts the leaf of `serving`. */
function trusts(step: ServingBundle, serving: ServingBundle): boolean {
  const leaf = readCertificate(serving.certificatePem);
  const authorities = caBundle(step).split(/(?<=-----END CERTIFICATE-----\n)/);
  return authorities.map(readCertificate).some((ca) => ca !== undefined && leaf !== undefined && signedBy(leaf, ca));
}

function blocks(pem: string): number {
  return pem.split('-----BEGIN CERTIFICATE-----').length - 1;
}
