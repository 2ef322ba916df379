import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { plainKubeconfig } from './plain-kubeconfig.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plain-kubeconfig-'));
  for (const [name, text] of Object.entries({ ca: 'CA', cert: 'CERT', key: 'KEY', token: 'from-file\n' }))
    await writeFile(join(folder, name), text);
});

afterEach(() => rm(folder, { recursive: true }));

const CLUSTER = { server: 'https://api:6443' };

async function file(user: object, cluster: object = CLUSTER, more: object = {}): Promise<string> {
  const path = join(folder, 'config');
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'x', context: { cluster: 'c', user: 'u', namespace: 'prod' } },
      { name: 'y', context: { cluster: 'c', user: 'u' } },
    ],
    'current-context': 'x',
    ...more,
  };
  await writeFile(path, stringify(config));
  return path;
}

test('a token and an authority in the file', async () => {
  const ca = Buffer.from('PEM').toString('base64');
  const plain = plainKubeconfig(
    await file({ token: 't' }, { ...CLUSTER, 'certificate-authority-data': ca }),
    undefined,
  );
  expect(plain).toMatchObject({ server: 'https://api:6443', namespace: 'prod' });
  expect(plain?.options()).toMatchObject({ ca: Buffer.from('PEM'), headers: { Authorization: 'Bearer t' } });
});

test('files beside it, which are read anew each time', async () => {
  const user = { tokenFile: 'token', 'client-certificate': 'cert', 'client-key': join(folder, 'key') };
  const plain = plainKubeconfig(await file(user, { ...CLUSTER, 'certificate-authority': 'ca' }), 'y');
  expect(plain?.namespace).toBeUndefined();
  expect(plain?.options()).toEqual({
    ca: Buffer.from('CA'),
    cert: Buffer.from('CERT'),
    key: Buffer.from('KEY'),
    headers: { Authorization: 'Bearer from-file' },
  });
  await writeFile(join(folder, 'token'), 'rotated');
  expect(plain?.options().headers).toEqual({ Authorization: 'Bearer rotated' });
});

const LEFT: Record<string, readonly [object, object?, object?]> = {
  'a plugin': [{ exec: { command: 'aws' } }],
  'a login of a provider': [{ 'auth-provider': { name: 'oidc' } }],
  'a password': [{ username: 'a', password: 'b' }],
  'somebody to impersonate': [{ token: 't', as: 'alice' }],
  'two tokens': [{ token: 't', tokenFile: 'token' }],
  'an empty token': [{ token: '' }],
  'a proxy': [{ token: 't' }, { ...CLUSTER, 'proxy-url': 'http://proxy' }],
  'no verification': [{ token: 't' }, { ...CLUSTER, 'insecure-skip-tls-verify': true }],
  'another name of the server': [{ token: 't' }, { ...CLUSTER, 'tls-server-name': 'other' }],
  'a server without TLS': [{ token: 't' }, { server: 'http://api' }],
  'no such context': [{ token: 't' }, CLUSTER, { 'current-context': 'z' }],
  'two users of one name': [
    { token: 't' },
    CLUSTER,
    { users: [1, 2].map(() => ({ name: 'u', user: { token: 't' } })) },
  ],
  'no users': [{}, CLUSTER, { users: null }],
};

test.each(Object.entries(LEFT))('%s is left to client-node', async (_sentence, [user, cluster, more]) => {
  expect(plainKubeconfig(await file(user, cluster, more), undefined)).toBeUndefined();
});
