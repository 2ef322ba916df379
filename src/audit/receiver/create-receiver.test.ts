import { once } from 'node:events';
import { Agent, type AgentOptions, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditEvent, eventList, eventListOf } from '../../../test/builders/audit-events.ts';
import { achieves } from '../../../test/harness/achieves.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import type { HttpsListener } from '../../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import { createMetrics, type Metrics } from '../../platform/telemetry/metrics.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { LedgerError } from '../../ports/ledger.ts';
import type { Callers } from './callers.ts';
import { createReceiver, type ReceiverOptions } from './create-receiver.ts';

const [TLS, STRANGER] = testCertificates('kube-apiserver', 'somebody');
const [OTHER_CA] = testCertificates('kube-apiserver');
const TOKEN = 'k8s-audit-token';

const OPTIONS: Omit<ReceiverOptions, 'listener' | 'callers'> = {
  bodyBytes: 256 * 1024,
  bodyMs: 5_000,
  inFlightBytes: 1024 * 1024,
  // A machine that is busy with other things is slow itself.
  answerMs: 10_000,
  turns: { atOnce: 2, waiting: 2 },
  batch: { maxEvents: 1_000, maxBytes: 100_000, maxDepth: 256, maxValues: 20_000 },
};

interface Answer {
  readonly code: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Appends wait until they are told to go on. */
class SlowLedger extends FakeLedger {
  gate: Promise<void> | undefined;
  appends = 0;

  override async append(submissions: Parameters<FakeLedger['append']>[0]): Promise<readonly number[]> {
    this.appends += 1;
    await this.gate;
    return super.append(submissions);
  }
}

interface RequestOptions extends Pick<AgentOptions, 'cert' | 'key'> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly method?: string;
}

describe('the audit webhook backend', () => {
  let ledger: SlowLedger;
  let metrics: Metrics;
  let lines: Record<string, unknown>[];
  let listener: HttpsListener | undefined;
  let port: number;
  const agents: Agent[] = [];

  beforeEach(() => {
    ledger = new SlowLedger(systemClock);
    metrics = createMetrics({ processMetrics: false });
    lines = [];
  });

  afterEach(async () => {
    for (const agent of agents.splice(0)) agent.destroy();
    await listener?.[Symbol.asyncDispose]();
    listener = undefined;
  });

  async function start(
    callers: Callers = { names: new Set(['kube-apiserver']) },
    change: Partial<typeof OPTIONS> = {},
    maxConnections = DEFAULT_LISTENER_LIMITS.maxConnections,
  ): Promise<void> {
    const note = (fields: object, message: string): void => void lines.push({ message, ...fields });
    listener = createReceiver(
      {
        ...OPTIONS,
        ...change,
        callers,
        listener: {
          host: '127.0.0.1',
          port: 0,
          certificate: { certificatePem: TLS.cert, privateKeyPem: TLS.key },
          clientCaPem: TLS.ca,
          limits: { ...DEFAULT_LISTENER_LIMITS, maxConnections, lingerMs: 0, drainMs: 1_000 },
        },
      },
      { ledger, metrics, clock: systemClock, log: { debug: note, info: note, warn: note, error: note } },
    );
    ({ port } = await listener.start());
  }

  const withCertificate = { cert: TLS.clientCert, key: TLS.clientKey };

  function post(body: string | Buffer, options: RequestOptions = withCertificate): Promise<Answer> {
    const { cert, key, ...rest } = options;
    const agent = new Agent({ ca: TLS.ca, cert, key });
    agents.push(agent);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path: '/v1/events?timeout=30s', method: 'POST', ...rest, agent },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            resolve({ code: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** Of a batch that was taken. */
  async function socketOf(agent: Agent): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path: '/v1/events', method: 'POST', agent }, (response) => {
        const { socket } = response;
        response.resume().on('end', () => resolve(response.statusCode === 200 ? socket : undefined));
      });
      outgoing.on('error', reject).end(three);
    });
  }

  async function metric(name: string, outcome: string): Promise<number> {
    const { text } = await metrics.render();
    const line = text.split('\n').find((each) => each.startsWith(`sallyport_${name}{outcome="${outcome}"}`));
    return Number(line?.split(' ')[1]);
  }

  const three = eventList([auditEvent(1), auditEvent(2), auditEvent(3)]);

  test('answers 200 when each event is in the ledger, as it came and in its order', async () => {
    await start();
    expect(await post(three)).toMatchObject({ code: 200, text: '{"events":3}' });
    expect(ledger.records.map(({ kind, data }) => [kind, data])).toEqual(
      [1, 2, 3].map((number) => ['AuditEvent', auditEvent(number)]),
    );
    expect(await metric('audit_events_total', 'Kept')).toBe(3);
    expect(await metric('audit_batches_total', 'Kept')).toBe(1);
  });

  test('the lag is that of events of today; a time that cannot be does not spoil it', async () => {
    await start();
    const of = (time: string) =>
      eventList([{ ...auditEvent(Math.abs(Date.parse(time)) % 1_000), stageTimestamp: time }]);
    for (const time of [new Date(Date.now() - 2_000).toISOString(), '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])
      expect(await post(of(time))).toMatchObject({ code: 200 });
    const { text } = await metrics.render();
    expect(text).toMatch(/sallyport_audit_event_lag_seconds_count 1\n/);
    expect(text).toMatch(/sallyport_audit_event_lag_seconds_sum \d(?:\.\d+)?\n/);
    expect(text).toMatch(/sallyport_audit_event_lag_unknown_total 2\n/);
  });

  test('connections that authenticate nobody keep nobody out, and close no connection that has authenticated', async () => {
    await start(undefined, undefined, 16);
    const kept = new Agent({ ca: TLS.ca, ...withCertificate, keepAlive: true, maxSockets: 1 });
    agents.push(kept);
    const first = await socketOf(kept);
    const idle = Array.from({ length: 60 }, () => connectTcp(port, '127.0.0.1').on('error', () => undefined));
    try {
      await Promise.all(idle.map(async (socket) => await once(socket, 'connect')));
      for (let count = 0; count < 5; count += 1) {
        expect(await post(eventList([auditEvent(count)]))).toMatchObject({ code: 200 });
      }
      expect(await socketOf(kept)).toBe(first);
    } finally {
      for (const socket of idle) socket.destroy();
    }
    const { text } = await metrics.render();
    expect(text).toMatch(/sallyport_audit_connections_closed_total\{why="Unproved"\} (?:5\d|[6-9]\d)\n/);
    expect(lines.filter(({ reason }) => reason === 'Unproved')[0]).toMatchObject({ source: '127.0.0.1' });
  });

  test('a batch that comes again, or in part, is 200 and leaves nothing twice', async () => {
    await start();
    await post(three);
    expect((await post(three)).code).toBe(200);
    expect((await post(eventList([auditEvent(3), auditEvent(4), auditEvent(4)]))).code).toBe(200);
    expect(ledger.records).toHaveLength(4);
    expect([await metric('audit_events_total', 'Kept'), await metric('audit_events_total', 'Duplicate')]).toEqual([
      4, 5,
    ]);
  });

  test('an auditID that a client chose to be one of yesterday hides nothing', async () => {
    await start();
    const { auditID } = auditEvent(1);
    await post(eventList([auditEvent(1), auditEvent(2, { auditID })]));
    expect(ledger.records).toHaveLength(2);
  });

  test('no batch, and an empty one, is 200', async () => {
    await start();
    expect((await post(eventList([]))).code).toBe(200);
    expect(ledger.appends).toBe(0);
  });

  test('one event that cannot be kept costs the others nothing: a stub stands in its place', async () => {
    await start();
    const deep = JSON.stringify(auditEvent(2)).replace(
      '{',
      `{"requestObject":${'['.repeat(6_000)}${']'.repeat(6_000)},`,
    );
    const long = JSON.stringify(auditEvent(3)).replace('{', `{"responseObject":"${'x'.repeat(100_000)}",`);
    const body = eventListOf([JSON.stringify(auditEvent(1)), deep, 'null', long, JSON.stringify(auditEvent(4))]);
    expect((await post(body)).code).toBe(200);
    expect(ledger.records.map(({ data }) => (data as { auditID: string }).auditID)).toEqual(
      [1, 2, undefined, 3, 4].map((number) => (number === undefined ? '' : auditEvent(number).auditID)),
    );
    expect(await metric('audit_events_total', 'TooDeep')).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ TooDeep: 1, TooLong: 1, NotAnEvent: 1 }));
    expect((await post(body)).code).toBe(200);
    expect(ledger.records).toHaveLength(5);
  });

  test('a batch larger than one append is stored whole, while others are answered', async () => {
    await start(undefined, {
      bodyBytes: 8 * 1024 * 1024,
      inFlightBytes: 64 * 1024 * 1024,
      answerMs: 10_000,
      batch: { ...OPTIONS.batch, maxEvents: 5_000 },
    });
    const large = eventList(Array.from({ length: 2_500 }, (_, index) => auditEvent(index)));
    expect((await post(large)).text).toBe('{"events":2500}');
    expect(ledger.appends).toBe(3);
    expect(ledger.records).toHaveLength(2_500);
  });

  test.each<[string, string | Buffer, number]>([
    ['no JSON', 'hello', 400],
    ['a byte order mark', `\uFEFF${three}`, 400],
    ['half a batch', three.slice(0, -20), 400],
    ['an AdmissionReview', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}', 400],
    ['an event by itself', JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...auditEvent(1) }), 400],
    ['more events than may be', eventListOf(Array.from({ length: 1_001 }, () => 'null')), 400],
    ['more bytes than may be', Buffer.alloc(256 * 1024 + 1, 0x20), 413],
  ])('%s is refused for good, without what was sent, and one line says so', async (_, body, code) => {
    await start();
    const answer = await post(body);
    expect(answer).toMatchObject({ code, retryAfter: undefined });
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', code });
    expect(answer.text).not.toContain('hello');
    expect(ledger.records).toEqual([]);
    expect(lines.filter(({ message }) => message === 'an audit batch was refused')).toHaveLength(1);
  });

  test.each<[string, Callers, RequestOptions, number]>([
    ['without a certificate', { names: new Set(['kube-apiserver']) }, {}, 404],
    [
      'with a name that is not listed',
      { names: new Set(['kube-apiserver']) },
      { cert: STRANGER.clientCert, key: STRANGER.clientKey },
      404,
    ],
    [
      'with a certificate of another authority',
      { names: new Set(['kube-apiserver']) },
      { cert: OTHER_CA.clientCert, key: OTHER_CA.clientKey },
      404,
    ],
    ['without a token', { tokens: () => [new Secret(TOKEN)] }, {}, 404],
    ['with another token', { tokens: () => [new Secret(TOKEN)] }, bearer(`${TOKEN}x`), 401],
    ['with the beginning of the token', { tokens: () => [new Secret(TOKEN)] }, bearer(TOKEN.slice(0, -1)), 401],
    ['with a token where none is read yet', { tokens: () => [] }, bearer(TOKEN), 401],
    [
      'with the token in another scheme',
      { tokens: () => [new Secret(TOKEN)] },
      { headers: { Authorization: `Basic ${TOKEN}` } },
      401,
    ],
    [
      'with the token alone where both are wanted',
      { names: new Set(['kube-apiserver']), tokens: () => [new Secret(TOKEN)] },
      bearer(TOKEN),
      404,
    ],
    [
      'with the certificate alone where both are wanted',
      { names: new Set(['kube-apiserver']), tokens: () => [new Secret(TOKEN)] },
      withCertificate,
      404,
    ],
    ['where nothing is configured', {}, withCertificate, 404],
  ])('a caller %s is told nothing', async (_, callers, options, code) => {
    await start(callers);
    expect(await post(three, options)).toMatchObject({ code, text: '' });
    expect(ledger.records).toEqual([]);
    expect(await metric('audit_batches_total', 'Unauthenticated')).toBe(1);
  });

  test.each<[string, Callers, RequestOptions]>([
    ['the token', { tokens: () => [new Secret(TOKEN)] }, bearer(TOKEN)],
    ['the token that is being replaced', { tokens: () => [new Secret('next'), new Secret(TOKEN)] }, bearer(TOKEN)],
    [
      'both',
      { names: new Set(['kube-apiserver']), tokens: () => [new Secret(TOKEN)] },
      { ...withCertificate, ...bearer(TOKEN) },
    ],
  ])('a caller with %s is heard', async (_, callers, options) => {
    await start(callers);
    expect((await post(three, options)).code).toBe(200);
  });

  test('not a byte of the body of a stranger is waited for', async () => {
    await start();
    const socket = connect({ host: '127.0.0.1', port, ca: TLS.ca });
    socket.on('error', () => undefined);
    socket.write('POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    socket.destroy();
  });

  test.each<[string, RequestOptions, number]>([
    ['another path', { path: '/v1/event' }, 404],
    ['a path below', { path: '/v1/events/' }, 404],
    ['GET', { method: 'GET' }, 405],
    ['a compressed body', { headers: { 'Content-Encoding': 'gzip' } }, 415],
  ])('%s is refused to an API server in words', async (_, options, code) => {
    await start();
    const answer = await post(options.method === 'GET' ? '' : three, { ...withCertificate, ...options });
    expect([answer.code, JSON.parse(answer.text)]).toEqual([code, expect.objectContaining({ kind: 'Status', code })]);
  });

  test.each<[LedgerError['code'], number]>([
    ['Busy', 429],
    ['Unwritable', 503],
    ['Closed', 503],
  ])(
    'while the ledger is %s the answer is %i and when to come again; then it goes on by itself',
    async (reason, code) => {
      await start();
      ledger.failure = new LedgerError(reason, 'as the test wants it');
      expect(await post(three)).toMatchObject({ code, retryAfter: '1' });
      ledger.failure = undefined;
      expect((await post(three)).code).toBe(200);
      expect(ledger.records).toHaveLength(3);
    },
  );

  test('what is stored after a late answer, or behind a connection that was closed, is what came', async () => {
    await start(undefined, { answerMs: 200 });
    const gate = Promise.withResolvers<void>();
    ledger.gate = gate.promise;
    // Of many chunks, whose memory is given back as soon as nobody reads it.
    const events = Array.from({ length: 150 }, (_, number) => auditEvent(number));
    expect((await post(eventList(events))).code).toBe(503);
    for (const agent of agents.splice(0)) agent.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    await achieves('the batch to be kept', async () => {
      expect(ledger.records.map(({ data }) => data)).toEqual(events);
    });
  });

  test('a disk that hangs costs an API server no more than the time for an answer, and nothing doubles', async () => {
    await start(undefined, { answerMs: 200 });
    const gate = Promise.withResolvers<void>();
    ledger.gate = gate.promise;
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((number) => post(eventList([auditEvent(number)]))));
    expect(answers.map(({ code }) => code).filter((code) => code !== 503 && code !== 429)).toEqual([]);
    expect(answers.map(({ retryAfter }) => retryAfter)).toEqual(answers.map(() => '1'));
    // Only the two that had a turn are with the ledger.
    expect(ledger.appends).toBe(2);
    ledger.gate = undefined;
    gate.resolve();
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) {
      await achieves('a batch to be kept', async () =>
        expect((await post(eventList([auditEvent(number)]))).code).toBe(200),
      );
    }
    expect(ledger.records).toHaveLength(8);
  });

  test('a body that comes too slowly is 408, and one that stops is forgotten', async () => {
    await start(undefined, { bodyMs: 300 });
    const socket = connect({ host: '127.0.0.1', port, ca: TLS.ca, ...withCertificate });
    socket.on('error', () => undefined);
    socket.write('POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{"kind"');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
    expect((await post(three)).code).toBe(200);
  });

  test('a flood of strangers leaves a line a second in the log, and each is counted', async () => {
    await start();
    await Promise.all(Array.from({ length: 20 }, () => post('{}', {})));
    expect(await metric('audit_batches_total', 'Unauthenticated')).toBe(20);
    expect(lines.length).toBeLessThan(4);
  });
});

function bearer(token: string): RequestOptions {
  return { headers: { Authorization: `Bearer ${token}` } };
}
