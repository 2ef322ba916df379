import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { loadCredentials } from './credentials.ts';
import { KubeConfigError } from './errors.ts';
import { serviceAccountConfig } from './service-account.ts';

const server = 'https://10.0.0.1:443';
let folder: string;

const put = (name: string, text: string) => writeFile(join(folder, name), text);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'service-account-'));
  await put('token', 'first\n');
  await put('ca.crt', 'AUTHORITY');
  await put('namespace', 'sallyport-system');
});

afterEach(() => rm(folder, { recursive: true }));

test('a pod calls the API server of its environment with the token that is mounted', () => {
  const config = serviceAccountConfig({ server, folder });
  expect(config).toMatchObject({ server, namespace: 'sallyport-system' });
  expect(config.options()).toEqual({ ca: Buffer.from('AUTHORITY'), headers: { Authorization: 'Bearer first' } });
});

test('a token that the kubelet exchanged is used half a minute later, and client-node is never loaded', async () => {
  const clock = new FakeClock();
  const credentials = loadCredentials({ pod: { server, folder } }, clock);
  expect((await credentials.connection()).headers).toEqual({ Authorization: 'Bearer first' });
  await put('token', 'second');
  await clock.advance(30_000);
  expect((await credentials.connection()).headers).toEqual({ Authorization: 'Bearer second' });
  credentials.close();
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  expect(loaded.filter((file) => file.includes('client-node'))).toEqual([]);
});

test('outside of a pod there is nothing to be read', () => {
  expect(() => loadCredentials({ pod: { server: undefined, folder } }, new FakeClock())).toThrow(KubeConfigError);
});

test.each(['token', 'ca.crt'])('a pod without %s does not start', async (name) => {
  await rm(join(folder, name));
  expect(() => loadCredentials({ pod: { server, folder } }, new FakeClock())).toThrow(KubeConfigError);
});

test('an empty token is none', async () => {
  const credentials = loadCredentials({ pod: { server, folder } }, new FakeClock());
  await put('token', '\n');
  await expect(credentials.connection()).rejects.toThrow(KubeConfigError);
});

test('without a file that names it, the namespace is not known', async () => {
  await rm(join(folder, 'namespace'));
  expect(serviceAccountConfig({ server, folder }).namespace).toBeUndefined();
});
