import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { rotateServingBundle } from './rotate.ts';
import { CA_ANNOUNCE_MS } from './rotation.ts';
import { caBundle, type ServingBundle } from './serving-bundle.ts';

const DAY = 86_400_000;
const names = { dnsNames: ['sallyport.sallyport-system.svc'], ipAddresses: ['127.0.0.1', '::1'] };
const options = { names, caCommonName: 'sallyport', randomSerial: () => randomBytes(16) };

/** A real handshake: what `trusting` makes of a server with the bundle's leaf. */
async function connect(bundle: ServingBundle, trusting: string, servername: string): Promise<string> {
  const server = createServer({ cert: bundle.certificatePem, key: bundle.privateKeyPem }, (_, response) => {
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const request = get({ host: '127.0.0.1', port, ca: trusting, servername, agent: false }, (response) => {
        response.resume();
        resolve('trusted');
      });
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a handshake while the authority changes', () => {
  let before: ServingBundle;
  let announced: ServingBundle;
  let after: ServingBundle;
  const host = 'sallyport.sallyport-system.svc';

  beforeAll(async () => {
    const begin = Date.now() - 250 * DAY;
    const old = await rotateServingBundle(undefined, { ...options, now: begin });
    before = (await rotateServingBundle(old.bundle, { ...options, now: begin + 240 * DAY })).bundle;
    const due = Date.now() - CA_ANNOUNCE_MS;
    announced = (await rotateServingBundle(before, { ...options, now: due })).bundle;
    after = (await rotateServingBundle(announced, { ...options, now: Date.now() + 1000 })).bundle;
  });

  test('the two authorities and leaves are really two', () => {
    expect(announced.caCertificatePem).not.toBe(before.caCertificatePem);
    expect(announced.certificatePem).toBe(before.certificatePem);
    expect(after.caCertificatePem).toBe(announced.caCertificatePem);
    expect(after.certificatePem).not.toBe(announced.certificatePem);
  });

  test('the old leaf is trusted with the old authority and with both, in either order', async () => {
    for (const trusting of [before.caCertificatePem, caBundle(announced), ...bothOrders(after)]) {
      expect(await connect(announced, trusting, host)).toBe('trusted');
    }
  });

  test('the new leaf is trusted with the new authority and with both, in either order', async () => {
    for (const trusting of [after.caCertificatePem, caBundle(announced), ...bothOrders(after)]) {
      expect(await connect(after, trusting, host)).toBe('trusted');
    }
  });

  test('neither leaf is trusted with the other authority alone', async () => {
    expect(await connect(before, after.caCertificatePem, host)).not.toBe('trusted');
    expect(await connect(after, before.caCertificatePem, host)).not.toBe('trusted');
  });

  test('a name that is not in the certificate is refused', async () => {
    expect(await connect(after, caBundle(after), 'other.svc')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

function bothOrders(bundle: ServingBundle): string[] {
  const previous = bundle.previousCaCertificatePem ?? '';
  return [`${bundle.caCertificatePem}${previous}`, `${previous}${bundle.caCertificatePem}`];
}
