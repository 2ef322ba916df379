import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createByteBudget } from './byte-budget.ts';
import { DEFAULT_LISTENER_LIMITS, type Listener } from './listener.ts';
import { createPlainListener } from './plain-listener.ts';
import { type BodyResult, readBody } from './read-body.ts';
import { sendJson } from './send-json.ts';
import { sendRefusal } from './send-refusal.ts';

const post = 'POST / HTTP/1.1\r\nHost: sallyport\r\n';
const maxBytes = 16;

describe('reading a body', () => {
  const budget = createByteBudget(24);
  let clock: FakeClock;
  let listener: Listener;
  let port: number;
  let results: BodyResult[];
  let hold: Promise<void> | undefined;

  beforeEach(async () => {
    clock = new FakeClock();
    results = [];
    hold = undefined;
    listener = createPlainListener({
      host: '127.0.0.1',
      port: 0,
      limits: { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 1000 },
      clock: systemClock,
      log: silentLogger,
      handler: async (request, response) => {
        const result = await readBody(request, response, { limits: { maxBytes, maxMs: 5000 }, budget, clock });
        results.push(result);
        await hold;
        if (result.kind === 'read') sendJson(response, 200, { text: result.text });
        else if (result.kind === 'refused') await sendRefusal(request, response, result.failure, systemClock);
      },
    });
    ({ port } = await listener.start());
  });

  afterEach(() => listener[Symbol.asyncDispose]());

  test.each<[string, string | Buffer, string]>([
    ['a body with a length', `${post}Content-Length: 5\r\n\r\nhello`, '200'],
    ['a body in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, '200'],
    ['no body', `${post}\r\n`, '200'],
    ['a body of exactly the limit', `${post}Content-Length: 16\r\n\r\n${'x'.repeat(16)}`, '200'],
    ['an announced length above the limit, before a byte of it', `${post}Content-Length: 17\r\n\r\n`, '413'],
    ['chunks above the limit', `${post}Transfer-Encoding: chunked\r\n\r\n11\r\n${'x'.repeat(17)}\r\n`, '413'],
    ['gzip', `${post}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx`, '415'],
    ['identity as an encoding', `${post}Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nxx`, '200'],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from(`${post}Content-Length: 2\r\n\r\n`), Buffer.from([0xc3, 0x28])]),
      '400',
    ],
    ['two lengths', `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, '400'],
    ['a length and chunks', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, '400'],
    ['headers above their limit', `${post}X-Long: ${'x'.repeat(70_000)}\r\n\r\n`, '431'],
    ['HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
  ])('%s is answered', async (_, bytes, code) => {
    const socket = await open(port);
    socket.write(bytes);
    expect(await head(socket)).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    socket.destroy();
  });

  test('a caller who was refused reads the answer, and then the connection is closed', async () => {
    const socket = await open(port);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', () => {});
    socket.write(`${post}Transfer-Encoding: chunked\r\n\r\n`);
    const flood = setInterval(() => socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 10);
    await once(socket, 'close');
    clearInterval(flood);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('Connection: close');
    expect(answer).toContain('"reason":"RequestEntityTooLarge"');
    expect(budget.held()).toBe(0);
  });

  test('a caller who sends a large body to its end first still reads the answer', async () => {
    for (let round = 0; round < 10; round++) {
      const client = request({ port, method: 'POST', agent: false });
      client.end(Buffer.alloc(4 * 1024 * 1024));
      const [response] = await once(client, 'response');
      expect(response.statusCode).toBe(413);
      response.resume();
    }
  });

  test('a body that is too slow is 408 by the deadline', async () => {
    const socket = await open(port);
    socket.write(`${post}Content-Length: 5\r\n\r\nhe`);
    await until(() => budget.held() === 2);
    await clock.advance(4999);
    expect(results).toEqual([]);
    await clock.advance(1);
    expect(await head(socket)).toMatch(/^HTTP\/1\.1 408 /);
    expect(budget.held()).toBe(0);
    socket.destroy();
  });

  test('a caller who goes away in the middle is gone, and the bytes are given back', async () => {
    const socket = await open(port);
    socket.write(`${post}Content-Length: 5\r\n\r\nhe`);
    await until(() => budget.held() === 2);
    socket.destroy();
    await until(() => results.length > 0);
    expect(results).toEqual([{ kind: 'gone' }]);
    expect(budget.held()).toBe(0);
  });

  test('bodies above the budget of the process are 503 until earlier ones are answered', async () => {
    const gate = Promise.withResolvers<void>();
    hold = gate.promise;
    const body = `${post}Content-Length: 14\r\n\r\n${'x'.repeat(14)}`;
    const first = await open(port);
    first.write(body);
    await until(() => results.length === 1);
    hold = undefined;
    const second = await open(port);
    second.write(body);
    expect(await head(second)).toMatch(/^HTTP\/1\.1 503 /);
    gate.resolve();
    expect(await head(first)).toMatch(/^HTTP\/1\.1 200 /);
    await until(() => budget.held() === 0);
    const third = await open(port);
    third.write(body);
    expect(await head(third)).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of [first, second, third]) socket.destroy();
  });

  test('a budget gives back once, however often it is asked', () => {
    const small = createByteBudget(10);
    const share = small.open();
    expect([share.take(6), share.take(5), share.take(4)]).toEqual([true, false, true]);
    share.release();
    share.release();
    expect(small.held()).toBe(0);
  });
});

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function head(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error('waited for nothing');
    await systemClock.sleep(10);
  }
}
