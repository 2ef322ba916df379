import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TRUSTING } from '../../../test/builders/seals.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { freePort } from '../../../test/harness/free-ports.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { FakeActs } from '../../ports/fake-acts.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import type { Process } from '../process.ts';
import { consoleRole } from './console.ts';

let directory = '';
let port = 0;
let infos: string[] = [];
let problems: string[] = [];
const clock = new FakeClock(Date.now());
const stop = { controller: new AbortController() };
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-role-'));
  port = await freePort();
  [infos, problems] = [[], []];
  stop.controller = new AbortController();
});
afterEach(async () => {
  stop.controller.abort();
  await rm(directory, { recursive: true });
});

/** What the role takes of a process. */
function processOf(console: object | undefined): Process {
  const view = { requests: new FakeWatched(), votes: new FakeWatched(), synced: () => true };
  return {
    config: configSchema.parse(console === undefined ? {} : { console }),
    clock,
    log: {
      ...silentLogger,
      info: (_: object, message: string) => infos.push(message),
      error: ({ err }: { err: string }, message: string) => problems.push(`${message}: ${err}`),
    },
    metrics: createMetrics({ processMetrics: false }),
    view,
    votesOf: () => [],
    seals: TRUSTING,
    people: { now: () => undefined },
    acts: new FakeActs(),
    sessionKey: new Secret(Buffer.alloc(32)),
  } as unknown as Process;
}

const settings = (more: object) => ({
  url: `https://127.0.0.1:${port}`,
  listen: { host: '127.0.0.1', port },
  oidc: { issuer: 'http://127.0.0.1:9', clientId: 'console' },
  ...more,
});

/** The certificate that a new connection is shown. */
function shownCertificate(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('the role console', () => {
  test('without a configuration does nothing, until it is told to stop', async () => {
    const role = consoleRole(processOf(undefined));
    expect(role.ready()).toBe(true);
    let ended = false;
    const running = role.run(stop.controller.signal).then(() => (ended = true));
    await Promise.resolve();
    expect(ended).toBe(false);
    stop.controller.abort();
    expect(await running).toBe(true);
  });

  test('serves TLS of its own, takes up a renewed certificate, keeps the present one where the files do not fit, and drains', async () => {
    const [[first], [second]] = [testCertificates('nobody'), testCertificates('nobody')];
    const files = { certificateFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') };
    await writeFile(files.certificateFile, first.cert);
    await writeFile(files.keyFile, first.key);
    const role = consoleRole(processOf(settings({ tls: files })));
    expect(role.ready()).toBe(false);
    const running = role.run(stop.controller.signal);
    await eventually(() => role.ready(), 'the console listens');
    const page = await new HttpBrowser(first.ca).ask(`https://127.0.0.1:${port}/api/v1/me`);
    expect([page.status, page.headers['strict-transport-security']]).toEqual([401, 'max-age=31536000']);

    const before = await shownCertificate();
    await writeFile(files.certificateFile, second.cert);
    await clock.advance(60_000);
    expect(await shownCertificate()).toBe(before);
    await writeFile(files.keyFile, second.key);
    let renewed = before;
    for (let round = 0; round < 20 && renewed === before; round += 1) {
      await clock.advance(60_000);
      renewed = await shownCertificate();
    }
    expect(renewed).not.toBe(before);

    stop.controller.abort();
    for (let round = 0; round < 5; round += 1) await clock.advance(20_000);
    await running;
    expect(role.ready()).toBe(false);
  });

  const oidcWith = (more: object) => ({ oidc: { ...settings({}).oidc, ...more } });
  const me = () => new HttpBrowser().ask(`http://127.0.0.1:${port}/api/v1/me`);
  const absent = () => join(directory, 'late');
  test.each<[string, () => object, string]>([
    ['authority', () => oidcWith({ caFile: absent() }), 'PEM'],
    ['client secret', () => oidcWith({ clientSecretFile: absent() }), 'secret'],
  ])('awaits a file that is not there, and does not keep the gate from being ready: %s', async (_, more, text) => {
    const role = consoleRole(processOf(settings({ url: `http://127.0.0.1:${port}`, ...more() })));
    const running = role.run(stop.controller.signal);
    expect(role.ready()).toBe(false);
    await eventually(() => role.ready(), 'the console waits');
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
    await expect(me()).rejects.toThrow('ECONNREFUSED');
    await writeFile(absent(), text);
    await clock.advance(10_000);
    await eventually(() => infos.includes('console listens'), 'the console serves');
    expect([role.ready(), (await me()).status]).toEqual([true, 401]);
    stop.controller.abort();
    for (let round = 0; round < 5; round += 1) await clock.advance(20_000);
    await running;
  });

  test('is not ready while it waits in a process of its own, and ends when it is told to', async () => {
    const files = { certificateFile: absent(), keyFile: absent() };
    await writeFile(absent(), 'no PEM');
    const alone = processOf(settings({ tls: files }));
    const role = consoleRole({ ...alone, config: { ...alone.config, roles: ['console'] } });
    const running = role.run(stop.controller.signal);
    await eventually(() => problems.length > 0, 'the console waits');
    expect(role.ready()).toBe(false);
    stop.controller.abort();
    await running;
  });

  test.each(['https://example.com/console', 'https://example.com/?a=b', 'http://example.com'])(
    'is not configured below a path of another page, or in the clear: %s',
    (url) => {
      expect(configSchema.safeParse({ console: settings({ url }) }).success).toBe(false);
    },
  );
});
