import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
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
let warnings: string[] = [];
const clock = new FakeClock(Date.now());
const stop = { controller: new AbortController() };
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-role-'));
  await mkdir(join(directory, 'page', 'assets'), { recursive: true });
  await writeFile(
    join(directory, 'page', 'index.html'),
    '<script type="module" src="/assets/main-Dk3f9aQ2.js"></script>',
  );
  await writeFile(join(directory, 'page', 'assets', 'main-Dk3f9aQ2.js'), 'export {}');
  port = await freePort();
  [infos, problems, warnings] = [[], [], []];
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
      warn: (_: object, message: string) => warnings.push(message),
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

const roleOf = (process: Process) => consoleRole(process, join(directory, 'page'));

/** Lets what the role reads and starts come to its end, and time pass, until it is so. */
async function passes(condition: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 20 && !condition(); round += 1) {
    await clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(condition(), what).toBe(true);
}

async function ends(running: Promise<void>): Promise<void> {
  stop.controller.abort();
  for (let round = 0; round < 5; round += 1) await clock.advance(20_000);
  await running;
}

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
    const role = roleOf(processOf(undefined));
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
    const role = roleOf(processOf(settings({ tls: files })));
    expect(role.ready()).toBe(false);
    const running = role.run(stop.controller.signal);
    await eventually(() => role.ready(), 'the console listens');
    const page = await new HttpBrowser(first.ca).ask(`https://127.0.0.1:${port}/api/v1/me`);
    expect([page.status, page.headers['strict-transport-security']]).toEqual([401, 'max-age=31536000']);

    const before = await shownCertificate();
    const halves: [string, string][] = [
      [files.keyFile, ''],
      [files.certificateFile, ''],
      [files.keyFile, first.key],
      [files.certificateFile, second.cert],
    ];
    for (const [file, text] of halves) {
      await writeFile(file, text);
      const looks = warnings.length;
      await clock.advance(60_000);
      await eventually(() => warnings.length > looks, 'the files were looked at');
      expect(await shownCertificate()).toBe(before);
    }
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
    const role = roleOf(processOf(settings({ url: `http://127.0.0.1:${port}`, ...more() })));
    const running = role.run(stop.controller.signal);
    expect(role.ready()).toBe(false);
    await eventually(() => role.ready(), 'the console waits');
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
    await expect(me()).rejects.toThrow('ECONNREFUSED');
    await writeFile(absent(), text);
    await clock.advance(10_000);
    await eventually(() => infos.includes('console listens') && role.ready(), 'the console serves');
    expect([role.waitsFor?.(), (await me()).status]).toEqual([undefined, 401]);
    stop.controller.abort();
    for (let round = 0; round < 5; round += 1) await clock.advance(20_000);
    await running;
  });

  test('is not ready while it waits in a process of its own, and ends when it is told to', async () => {
    const files = { certificateFile: absent(), keyFile: absent() };
    await writeFile(absent(), 'no PEM');
    const alone = processOf(settings({ tls: files }));
    const role = roleOf({ ...alone, config: { ...alone.config, roles: ['console'] } });
    const running = role.run(stop.controller.signal);
    await eventually(() => problems.length > 0, 'the console waits');
    expect(role.ready()).toBe(false);
    stop.controller.abort();
    await running;
  });

  const plain = () => processOf(settings({ url: `http://127.0.0.1:${port}` }));
  const alone = () => {
    const process = plain();
    return { ...process, config: { ...process.config, roles: ['console'] } } as Process;
  };

  test.each<[string, () => Process, boolean]>([
    ['in a process of its own, which is not ready meanwhile', alone, false],
    ['beside the gate, which stays ready', plain, true],
  ])('awaits its port where somebody else has it, says so, and ends nothing: %s', async (_, process, ready) => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const role = roleOf(process());
    const running = role.run(stop.controller.signal);
    await eventually(() => problems.length > 0, 'the console cannot listen');
    expect(problems).toEqual([expect.stringMatching(/^the console cannot listen: .*EADDRINUSE/)]);
    expect([role.ready(), role.waitsFor?.()]).toEqual([ready, `cannot listen on 127.0.0.1 port ${port}: EADDRINUSE`]);
    await clock.advance(1_000);
    await eventually(() => problems.length === 2, 'it is tried again');
    await new Promise((resolve) => other.close(resolve));
    await passes(() => infos.includes('console listens') && role.ready(), 'the console listens');
    expect([role.waitsFor?.(), (await me()).status]).toEqual([undefined, 401]);
    await ends(running);
  });

  const index = () => join(directory, 'page', 'index.html');
  const script = () => join(directory, 'page', 'assets', 'main-Dk3f9aQ2.js');
  test.each<[string, () => string, () => Process, boolean]>([
    ['without its index, in a process of its own', index, alone, false],
    ['without a file that the index loads, in a process of its own', script, alone, false],
    ['without its index, beside the gate', index, plain, true],
  ])('awaits the page that is not whole, and says so meanwhile: %s', async (_, missing, process, ready) => {
    await rm(missing());
    const role = roleOf(process());
    const running = role.run(stop.controller.signal);
    await eventually(() => problems.length > 0 && infos.includes('console listens'), 'the console serves no page');
    expect(problems).toEqual([expect.stringMatching(/^the page of the console cannot be read: .*build-console/)]);
    expect([role.ready(), role.waitsFor?.()]).toEqual([
      ready,
      'the page of the console cannot be read, as the log says',
    ]);
    const page = () => new HttpBrowser().ask(`http://127.0.0.1:${port}/`);
    expect([(await page()).status, (await me()).status]).toEqual([503, 401]);
    await writeFile(missing(), missing() === index() ? '<!doctype html>' : 'export {}');
    await passes(() => role.waitsFor?.() === undefined, 'the page is there');
    await eventually(() => role.ready(), 'the console is ready');
    expect((await page()).status).toBe(200);
    await ends(running);
  });

  test.each(['https://example.com/console', 'https://example.com/?a=b', 'http://example.com'])(
    'is not configured below a path of another page, or in the clear: %s',
    (url) => {
      expect(configSchema.safeParse({ console: settings({ url }) }).success).toBe(false);
    },
  );
});
