import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../clock/system-clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createHealthHandler } from './health-handler.ts';
import { DEFAULT_LISTENER_LIMITS, type Handler, type Listener } from './listener.ts';
import { createPlainListener } from './plain-listener.ts';
import { sendJson } from './send-json.ts';

describe('the plain listener', () => {
  let listener: Listener;
  const lines: object[] = [];
  const record = (fields: object, message: string): void => {
    lines.push({ message, ...fields });
  };
  const log: Logger = { debug: record, info: record, warn: record, error: record };

  afterEach(async () => {
    await listener[Symbol.asyncDispose]();
    lines.length = 0;
  });

  async function start(handler: Handler): Promise<string> {
    const limits = { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 1000 };
    listener = createPlainListener({ host: '127.0.0.1', port: 0, limits, handler, clock: systemClock, log });
    return `http://127.0.0.1:${(await listener.start()).port}`;
  }

  test.each<[string, Handler, string, number, string]>([
    ['a live process', health(), '/livez', 200, 'ok\n'],
    ['a process that only a restart helps', health({ live: () => false }), '/livez', 500, 'livez check failed\n'],
    ['a ready process', health(), '/readyz?verbose', 200, '[+]snapshot ok\nreadyz check passed\n'],
    [
      'a part that is not ready',
      health({ ready: () => [{ name: 'snapshot', ready: false }] }),
      '/readyz',
      503,
      '[-]snapshot failed\nreadyz check failed\n',
    ],
    [
      'parts that say what they wait for',
      health({
        ready: () => [
          { name: 'gate', ready: true },
          { name: 'page', ready: true, why: 'its port is taken' },
          { name: 'mail', ready: false, why: 'no file' },
        ],
      }),
      '/readyz',
      503,
      '[+]gate ok\n[+]page ok, although it waits: its port is taken\n[-]mail failed: no file\nreadyz check failed\n',
    ],
    ['metrics', health(), '/metrics', 200, 'up 1\n'],
  ])('%s', async (_, handler, path, code, text) => {
    const response = await fetch(`${await start(handler)}${path}`);
    expect([response.status, await response.text()]).toEqual([code, text]);
  });

  test.each<[string, string, RequestInit, number]>([
    ['an unknown path', '/debug', {}, 404],
    ['a path with an encoded letter', '/live%7a', {}, 404],
    ['a POST', '/metrics', { method: 'POST', body: 'x' }, 405],
  ])('%s is refused as a Kubernetes Status', async (_, path, init, code) => {
    const response = await fetch(`${await start(health())}${path}`, init);
    expect(await response.json()).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });

  test.each<[string, Handler]>([
    [
      'a handler that throws',
      () => {
        throw new SyntaxError('Unexpected token: hunter2');
      },
    ],
    ['a handler that rejects', () => Promise.reject(new Error('hunter2'))],
    ['a handler that forgets to answer', () => Promise.resolve()],
    [
      'a body nested too deep to serialise',
      async (_, response) => {
        sendJson(response, 200, JSON.parse(`${'['.repeat(20_000)}"hunter2"${']'.repeat(20_000)}`));
      },
    ],
  ])('%s is a 500 that tells neither the stack nor the message, and one line in the log', async (_, handler) => {
    const response = await fetch(await start(handler));
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toMatch(/hunter2|at |\.ts/);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test.each<[string, 'end' | 'destroy']>([
    ['closes its half of the connection', 'end'],
    ['resets the connection', 'destroy'],
  ])('the signal fires when the caller %s before the answer', async (_, how) => {
    const aborted = Promise.withResolvers<unknown>();
    const url = await start(async (_request, response, signal) => {
      client[how]();
      await once(signal, 'abort');
      aborted.resolve(signal.reason);
      response.destroy();
    });
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await aborted.promise).toMatchObject({ name: 'CallerGoneError', code: 'CallerGone' });
    client.destroy();
  });

  test('the signal stays silent once the answer was sent', async () => {
    let signal: AbortSignal | undefined;
    const url = await start(async (_request, response, given) => {
      signal = given;
      sendJson(response, 200, {});
    });
    await (await fetch(url, { headers: { Connection: 'close' } })).text();
    await systemClock.sleep(50);
    expect(signal?.aborted).toBe(false);
  });

  test('a port that is taken rejects the start', async () => {
    const port = Number(new URL(await start(health())).port);
    const limits = DEFAULT_LISTENER_LIMITS;
    const second = createPlainListener({ host: '127.0.0.1', port, limits, handler: health(), clock: systemClock, log });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

function health(change: Partial<Parameters<typeof createHealthHandler>[0]> = {}): Handler {
  return createHealthHandler({
    live: () => true,
    ready: () => [{ name: 'snapshot', ready: true }],
    metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    ...change,
  });
}
