import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../clock/system-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { issueClientCertificate } from '../tls/issue.ts';
import { rotateServingBundle } from '../tls/rotate.ts';
import type { ServingBundle } from '../tls/serving-bundle.ts';
import {
  createHttpsListener,
  type HttpsListener,
  type ServingCertificate,
  verifiedClientName,
} from './https-listener.ts';
import { DEFAULT_LISTENER_LIMITS, type Handler, type ListenerLimits } from './listener.ts';
import { sendJson } from './send-json.ts';

const limits = { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 2000 };

describe('the TLS listener', () => {
  let bundle: ServingBundle;
  let other: ServingBundle;
  let listener: HttpsListener;
  const agents: Agent[] = [];

  beforeAll(async () => {
    bundle = await issue();
    other = await issue();
  });

  afterEach(async () => {
    await listener[Symbol.asyncDispose]();
    for (const agent of agents.splice(0)) agent.destroy();
  });

  async function start(handler: Handler, change: Partial<ListenerLimits> = {}, clientCaPem?: string): Promise<number> {
    listener = createHttpsListener({
      host: '127.0.0.1',
      port: 0,
      certificate: bundle,
      limits: { ...limits, ...change },
      handler,
      clock: systemClock,
      log: silentLogger,
      ...(clientCaPem === undefined ? {} : { clientCaPem }),
    });
    return (await listener.start()).port;
  }

  function keepAlive(options: object = {}): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: bundle.caCertificatePem, ...options });
    agents.push(agent);
    return agent;
  }

  test('is ready only between start and the beginning of the drain', async () => {
    await start(ok);
    expect(listener.ready()).toBe(true);
    const stopped = listener[Symbol.asyncDispose]();
    expect(listener.ready()).toBe(false);
    await stopped;
  });

  test('a new certificate is for new connections; the open one lives on', async () => {
    const port = await start(ok);
    const first = await get(port, keepAlive());
    listener.setCertificate(other);
    const again = await get(port, first.agent);
    expect([again.code, again.socket]).toEqual([200, first.socket]);
    await expect(get(port, keepAlive())).rejects.toThrow(/certificate/);
    expect((await get(port, keepAlive({ ca: other.caCertificatePem }))).code).toBe(200);
  });

  test('a certificate that does not fit its key is refused and the present one stays', async () => {
    const port = await start(ok);
    const broken = { certificatePem: other.certificatePem, privateKeyPem: bundle.privateKeyPem };
    expect(() => listener.setCertificate(broken)).toThrow(/key values mismatch/);
    expect((await get(port, keepAlive())).code).toBe(200);
  });

  test('while it drains, a request in flight is finished and told that the connection closes', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const port = await start(async (incoming, response, signal) => {
      entered.resolve();
      await gate.promise;
      await ok(incoming, response, signal);
    });
    const answer = get(port, keepAlive());
    await entered.promise;
    const stopped = listener[Symbol.asyncDispose]();
    gate.resolve();
    expect(await answer).toMatchObject({ code: 200, connection: 'close' });
    await stopped;
    await expect(get(port, keepAlive())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('while it lingers, new requests on old and new connections are served and told to close', async () => {
    const port = await start(ok, { lingerMs: 500 });
    const { agent } = await get(port, keepAlive());
    const stopped = listener[Symbol.asyncDispose]();
    expect(await get(port, agent)).toMatchObject({ code: 200, connection: 'close' });
    expect(await get(port, keepAlive())).toMatchObject({ code: 200, connection: 'close' });
    await stopped;
  });

  test('connections that were never used do not hold the drain up, nor one whose handshake is half done', async () => {
    const port = await start(ok, { drainMs: 60_000 });
    const [halfOpen, unused] = [
      connectTcp(port, '127.0.0.1'),
      connect({ host: '127.0.0.1', port, ca: bundle.caCertificatePem }),
    ];
    await Promise.all([once(halfOpen, 'connect'), once(unused, 'secureConnect')]);
    expect(await get(port, keepAlive())).toMatchObject({ code: 200 });
    await listener[Symbol.asyncDispose]();
    for (const socket of [halfOpen, unused]) socket.destroy();
  });

  test('a request whose headers are still coming when the drain begins is served', async () => {
    const port = await start(ok, { drainMs: 60_000 });
    const client = connect({ host: '127.0.0.1', port, ca: bundle.caCertificatePem });
    await once(client, 'secureConnect');
    let answer = '';
    client.setEncoding('utf8').on('data', (text: string) => void (answer += text));
    const stopped = listener[Symbol.asyncDispose]();
    for (const piece of ['GET / HTTP/1.1\r\n', 'Host: a\r\n', 'Accept: */*\r\n', 'X-A: b\r\n', '\r\n']) {
      client.write(piece);
      await delay(100);
    }
    await stopped;
    client.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('the drain ends although a handler and a half-open handshake never do', { timeout: 5000 }, async () => {
    const entered = Promise.withResolvers<AbortSignal>();
    const port = await start(
      async (_incoming, _response, signal) => {
        entered.resolve(signal);
        await once(signal, 'abort');
      },
      { drainMs: 100 },
    );
    const answer = get(port, keepAlive()).catch((error: NodeJS.ErrnoException) => error.code);
    const signal = await entered.promise;
    const halfOpen = connectTcp(port, '127.0.0.1');
    await once(halfOpen, 'connect');
    await delay(50);
    await listener[Symbol.asyncDispose]();
    expect(await answer).toBe('ECONNRESET');
    halfOpen.destroy();
    expect(signal.reason).toMatchObject({ code: 'CallerGone' });
  });

  test('TLS 1.1 is refused', async () => {
    const port = await start(ok);
    // Level 0, or OpenSSL would already refuse on the client's side.
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connect({ host: '127.0.0.1', port, ca: bundle.caCertificatePem, ...old });
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  test('connections above the limit are closed', async () => {
    const port = await start(ok, { maxConnections: 1 });
    await get(port, keepAlive());
    await expect(get(port, keepAlive())).rejects.toBeDefined();
  });

  test('an idle connection outlives the time for headers', async () => {
    const port = await start(ok, { headersMs: 500, requestMs: 500 });
    const first = await get(port, keepAlive());
    await delay(2500);
    expect((await get(port, first.agent)).socket).toBe(first.socket);
  });

  test('a client certificate is asked for and its name known only when it verifies', async () => {
    const names: (string | undefined)[] = [];
    const port = await start(
      async (incoming, response, signal) => {
        names.push(verifiedClientName(incoming));
        await ok(incoming, response, signal);
      },
      {},
      other.caCertificatePem,
    );
    await get(port, keepAlive());
    for (const [ca, what] of [[bundle, 'stranger'] as const, [other, 'kube-apiserver'] as const]) {
      const { certificatePem, privateKeyPem } = await issueClient(ca, what);
      await get(port, keepAlive({ cert: certificatePem, key: privateKeyPem }));
    }
    // A serving certificate of the right authority is not one for clients.
    await get(port, keepAlive({ cert: other.certificatePem, key: other.privateKeyPem }));
    expect(names).toEqual([undefined, undefined, 'kube-apiserver', undefined]);
  });
});

const ok: Handler = async (incoming, response) => {
  incoming.resume();
  sendJson(response, 200, {});
};

async function issue(): Promise<ServingBundle> {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const options = { names, caCommonName: 'test', now: Date.now(), randomSerial: () => randomBytes(16) };
  return (await rotateServingBundle(undefined, options)).bundle;
}

function issueClient(authority: ServingBundle, commonName: string): Promise<ServingCertificate> {
  return issueClientCertificate({
    ca: { certificatePem: authority.caCertificatePem, privateKeyPem: authority.caPrivateKeyPem },
    commonName,
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 60_000,
    serial: randomBytes(16),
  });
}

interface Answer {
  readonly code: number | undefined;
  readonly connection: string | undefined;
  readonly socket: TLSSocket;
  readonly agent: Agent;
}

function get(port: number, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent }, (response) => {
      const socket = response.socket as TLSSocket;
      response.resume();
      response.once('end', () => {
        // The agent takes its socket back on the next tick.
        setImmediate(() => {
          resolve({ code: response.statusCode, connection: response.headers.connection, socket, agent });
        });
      });
    })
      .once('error', reject)
      .end();
  });
}
