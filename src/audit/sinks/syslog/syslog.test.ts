import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { decisions, EVIDENCE } from '../../../../test/builders/evidence.ts';
import { sinkMessages } from '../../../../test/builders/sink-messages.ts';
import { testCertificates } from '../../../../test/harness/test-certificates.ts';
import type { Submission } from '../../../core/evidence/evidence-record.ts';
import { createSyslogSink } from './create-syslog-sink.ts';
import { syslogMessage } from './syslog-message.ts';

const NEVER = new AbortController().signal;
const OPTIONS = { hostname: 'sallyport', messageBytes: 8_192 };

async function textOf(submission: Submission, messageBytes = OPTIONS.messageBytes): Promise<string> {
  const [message] = await sinkMessages([submission]);
  if (message === undefined) throw new Error('no message');
  return syslogMessage(message, { ...OPTIONS, messageBytes }).toString();
}

const decisionBy = (username: string): Submission => ({
  ...EVIDENCE.Decision,
  data: { ...EVIDENCE.Decision.data, user: { username } },
});

describe('a message of RFC 5424', () => {
  test('has header, structured data, and the document', async () => {
    const text = await textOf(EVIDENCE.Decision);
    const [, head, json] = /^(.*?\]) (\{.*\})$/s.exec(text) ?? [];
    expect(head).toBe(
      '<108>1 2026-01-01T00:00:00.000Z sallyport sallyport - Decision [sallyport@32473 id="00000000-0000-4000-8000-000000000000/1" record="decision/d-1" kind="Decision" action="decision-denied" outcome="Denied" user="alice" request="prod/exec-web-0" decision="d-1"]',
    );
    expect(JSON.parse(json ?? '')).toMatchObject({ event: { sequence: 1 }, user: { name: 'alice' } });
  });

  test('says more of an alarm than of a read', async () => {
    expect(await textOf(EVIDENCE.Alarm)).toMatch(/^<105>1 2026-01-01T00:00:05\.000Z /);
    expect(await textOf(EVIDENCE.AuditEvent)).toMatch(/^<110>1 2026-01-01T00:00:00\.223456Z /);
  });

  test('escapes what ends a value, and lets no line break through', async () => {
    const text = await textOf(decisionBy('a"]\\\n<14>1 forged'));
    expect(text).toContain(String.raw`user="a\"\]\\ <14>1 forged"`);
    expect(text).not.toContain('\n');
  });

  test('is JSON in ASCII without a mark, and a sentence in UTF-8 with one where that is too long', async () => {
    const whole = await textOf(decisionBy('zoë 🦭'));
    const json = whole.slice(whole.indexOf('] {') + 2);
    expect(json).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(json)).toMatchObject({ user: { name: 'zoë 🦭' } });
    const cut = await textOf(decisionBy('zoë 🦭'), 300);
    expect(cut).toContain('] \uFEFFzoë 🦭: connect');
  });

  test.each([2_000, 1_000, 400, 331, 330, 329, 328])(
    'is never longer than %i bytes, and never half a character',
    async (most) => {
      const text = await textOf(decisionBy('🦭'.repeat(4)), most);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
      expect(text).not.toContain('\uFFFD');
    },
  );
});

interface Peer {
  readonly tls: { readonly ca: string; readonly clientCert: string; readonly clientKey: string };
  readonly port: number;
  /** Whole connections, as they came. */
  readonly received: string[];
  /** For the next connections; it reads to the end and closes where there are none left. */
  readonly behaviours: ('Breaks' | 'Hangs')[];
  readonly clients: string[];
}

async function startPeer(): Promise<Peer & AsyncDisposable> {
  const [tls] = testCertificates('audit');
  const received: string[] = [];
  const behaviours: Peer['behaviours'] = [];
  const clients: string[] = [];
  const trust = { cert: tls.cert, key: tls.key, ca: tls.ca, requestCert: true, allowHalfOpen: true };
  const server = createServer(trust, (socket) => {
    const behaviour = behaviours.shift();
    clients.push(String(socket.getPeerCertificate().subject?.CN));
    const chunks: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (behaviour === 'Breaks') socket.destroy();
    });
    socket.on('end', () => {
      if (behaviour !== undefined) return;
      received.push(Buffer.concat(chunks).toString());
      // The close_notify of RFC 5425.
      socket.end();
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    tls: { ca: tls.ca, clientCert: tls.clientCert ?? '', clientKey: tls.clientKey ?? '' },
    port: (server.address() as AddressInfo).port,
    received,
    behaviours,
    clients,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await Promise.resolve();
    },
  };
}

/** SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG: RFC 5425 §4.3. */
function frames(bytes: string): string[] {
  const all = Buffer.from(bytes);
  const found: string[] = [];
  for (let at = 0; at < all.length; ) {
    const space = all.indexOf(' ', at);
    const length = Number(all.toString('latin1', at, space));
    found.push(all.toString('utf8', space + 1, space + 1 + length));
    at = space + 1 + length;
  }
  return found;
}

function trusted({ port, tls }: Peer) {
  return {
    host: '127.0.0.1',
    port,
    ca: async () => tls.ca,
    client: async () => ({ cert: tls.clientCert, key: tls.clientKey }),
  };
}

describe('syslog over TLS', () => {
  test('sends each message behind its length, and counts it when the receiver has closed behind it', async () => {
    await using peer = await startPeer();
    const sink = createSyslogSink({ ...OPTIONS, ...trusted(peer), timeoutMs: 10_000 });
    await sink.send(await sinkMessages(decisions(300)), NEVER);
    expect(frames(peer.received[0] ?? '').map((text) => /id="[^/]*\/(\d+)"/.exec(text)?.[1])).toEqual(
      Array.from({ length: 300 }, (_, index) => String(index + 1)),
    );
    expect(peer.clients).toEqual(['audit']);
  });

  test('counts nothing where the connection breaks, hangs, or is to somebody else', async () => {
    await using peer = await startPeer();
    const { ca, client, ...to } = trusted(peer);
    const send = (options: { ca?: typeof ca; client?: typeof client; timeoutMs: number }) =>
      createSyslogSink({ ...OPTIONS, ...to, ...options }).send(messages, NEVER);
    const messages = await sinkMessages(decisions(50));
    await expect(send({ client, timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'Unreachable' });
    await expect(send({ ca, timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'Unreachable' });
    expect(peer.clients).toEqual([]);
    peer.behaviours.push('Breaks', 'Hangs');
    await expect(send({ ca, client, timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'Unreachable' });
    await expect(send({ ca, client, timeoutMs: 4_000 })).rejects.toMatchObject({ code: 'Timeout' });
    expect(peer.clients[0]).toBe('audit');
    expect(peer.received).toEqual([]);
  });

  test('connects no more when it was called off while it read its files', async () => {
    await using peer = await startPeer();
    const stop = new AbortController();
    const { ca, ...to } = trusted(peer);
    const called = async () => {
      stop.abort();
      return await ca();
    };
    const sink = createSyslogSink({ ...OPTIONS, ...to, ca: called, timeoutMs: 10_000 });
    await expect(sink.send(await sinkMessages(decisions(1)), stop.signal)).rejects.toBe(stop.signal.reason);
    expect(peer.clients).toEqual([]);
  });
});
