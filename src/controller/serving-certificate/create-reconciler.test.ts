import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { ConflictError } from '../../ports/approvals.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeSecretStore } from '../../ports/fake-secret-store.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { decideRotation } from '../../platform/tls/rotation.ts';
import { SERIAL_BYTES } from '../../platform/tls/serial.ts';
import { readCertificate, signedBy } from '../../platform/tls/serving-bundle.ts';
import { bundleOf, CERTIFICATE_SECRETS } from './certificate-secrets.ts';
import { createCertificateReconciler } from './create-reconciler.ts';

const DAY = 24 * 3_600_000;
const NAMES = { dnsNames: ['sallyport.sallyport-system.svc'], ipAddresses: [] };
const { authority: AUTHORITY, serving: SERVING } = CERTIFICATE_SECRETS;
const never = new AbortController().signal;

let clock: FakeClock;
let secrets: FakeSecretStore;
let bundles: string[];
beforeEach(() => {
  clock = new FakeClock();
  secrets = new FakeSecretStore();
  bundles = [];
});

function controller() {
  const reconcile = createCertificateReconciler({
    secrets,
    names: NAMES,
    clock,
    randomSerial: () => randomBytes(SERIAL_BYTES),
    log: silentLogger,
    onBundle: (bundle) => bundles.push(bundle),
  });
  return () => reconcile('only', never);
}

const values = (name: string) => secrets.secrets.get(name)?.values ?? {};
const leaf = () => values(SERVING)['tls.crt'] ?? '';

/** What the Secrets hold serves now, and whoever trusts the bundle that was announced last trusts it. */
function isServed(): boolean {
  const served = readCertificate(leaf());
  const authorities = (bundles.at(-1) ?? '').split(/(?<=-----END CERTIFICATE-----\n)/).map(readCertificate);
  const trusted = authorities.some((each) => each !== undefined && served !== undefined && signedBy(served, each));
  const decision = decideRotation(bundleOf(values(AUTHORITY), values(SERVING)), NAMES, clock.now());
  return trusted && decision.action === 'keep';
}

describe('the certificates of a cluster', () => {
  test('are made at the first start, the authority first', async () => {
    expect(await controller()()).toEqual({ type: 'Again', afterMs: 60_000 });
    expect(secrets.written).toEqual([AUTHORITY, SERVING]);
    expect(Object.keys(values(SERVING)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(isServed()).toBe(true);
  });

  test('are kept while they are good, and the authority’s key never stands in the serving Secret', async () => {
    const look = controller();
    await look();
    await clock.advance(19 * DAY);
    await look();
    expect(secrets.written).toHaveLength(2);
    expect(bundles[1]).toBe(bundles[0]);
    expect(Object.values(values(SERVING))).not.toContain(values(AUTHORITY)['tls.key']);
  });

  test('renew the leaf at two thirds of its life, under the same authority', async () => {
    const look = controller();
    await look();
    const [before, authority] = [leaf(), values(AUTHORITY)['tls.crt']];
    await clock.advance(21 * DAY);
    await look();
    expect(leaf()).not.toBe(before);
    expect(values(AUTHORITY)['tls.crt']).toBe(authority);
    expect(isServed()).toBe(true);
  });

  test('serve for two years, looked at every ten days, without a moment at which nobody trusts them', async () => {
    const look = controller();
    const seen = new Set<string>();
    for (let day = 0; day < 2 * 365; day += 10) {
      await look();
      seen.add(values(AUTHORITY)['tls.crt'] ?? '');
      expect(isServed()).toBe(true);
      await clock.advance(10 * DAY);
    }
    expect(seen.size).toBe(3);
  });

  test('announce a new authority before anything that it signed is served', async () => {
    const look = controller();
    await look();
    while (bundles.at(-1) === bundles[0]) {
      await clock.advance(5 * DAY);
      await look();
    }
    const old = leaf();
    expect(bundles.at(-1)?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    await clock.advance(9 * 60_000);
    await look();
    expect(leaf()).toBe(old);
    await clock.advance(2 * 60_000);
    await look();
    expect(leaf()).not.toBe(old);
    expect(isServed()).toBe(true);
  });

  test.each([
    ['its first start', 0],
    ['a renewal of the leaf', 21],
    ['a renewal of both', 400],
  ])('come right after a crash between the two writes of %s', async (_sentence, days) => {
    if (days > 0) await controller()();
    await clock.advance(days * DAY);
    secrets.beforeWrite = (name) => {
      if (name === SERVING) throw new Error('killed');
    };
    await expect(controller()()).rejects.toThrow('killed');
    secrets.beforeWrite = undefined;
    await controller()();
    expect(isServed()).toBe(true);
  });

  test('are one controller’s when two start at once: the other one loses and reads', async () => {
    const results = await Promise.allSettled([controller()(), controller()()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: expect.any(ConflictError) });
    const before = leaf();
    await controller()();
    expect(leaf()).toBe(before);
    expect(isServed()).toBe(true);
  });

  const damages: Record<string, () => void> = {
    'the serving Secret is deleted': () => secrets.secrets.delete(SERVING),
    'the authority’s Secret is deleted': () => secrets.secrets.delete(AUTHORITY),
    'the serving Secret is empty': () => secrets.put(SERVING, {}),
    'the authority’s Secret is empty': () => secrets.put(AUTHORITY, {}),
    'the leaf is half gone': () => secrets.put(SERVING, { ...values(SERVING), 'tls.crt': leaf().slice(0, 200) }),
    'the leaf has another key': () =>
      secrets.put(SERVING, { ...values(SERVING), 'tls.key': values(AUTHORITY)['tls.key'] ?? '' }),
    'the authority’s key is not a key': () => secrets.put(AUTHORITY, { ...values(AUTHORITY), 'tls.key': 'x' }),
    'the authority is a leaf': () => secrets.put(AUTHORITY, { ...values(AUTHORITY), 'tls.crt': leaf() }),
    'the previous authority is not a certificate': () =>
      secrets.put(AUTHORITY, { ...values(AUTHORITY), 'previous.crt': 'x' }),
  };
  test.each(Object.entries(damages))('come right after %s', async (_sentence, damage) => {
    const look = controller();
    await look();
    damage();
    await look();
    expect(isServed()).toBe(true);
  });
});
