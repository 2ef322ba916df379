import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterAddresses } from './addresses.ts';
import { fileNameOf, writeUserKubeconfig } from './kubeconfig.ts';
import { createPki, subject } from './pki.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pki-'));
  await createPki(folder, 'node-1', clusterAddresses(88));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function certificate(name: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(folder, `${name}.crt`)));
}

/** Node shows the extended key usage (RFC 5280 §4.2.1.12) as `keyUsage`. */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

test('the API server is found under every address by which it is called', async () => {
  const server = await certificate('kube-apiserver');
  for (const address of ['127.0.0.1', '10.88.0.1', '10.89.0.1']) expect(server.checkIP(address)).toBe(address);
  for (const host of ['localhost', 'kubernetes.default.svc']) expect(server.checkHost(host)).toBe(host);
  expect(server.keyUsage).toEqual([SERVER_AUTH]);
});

test('no certificate but an authority may sign others', async () => {
  for (const name of ['ca', 'front-proxy-ca', 'webhook-ca'])
    expect([name, (await certificate(name)).ca]).toEqual([name, true]);
  for (const name of ['kube-apiserver', 'kubelet', 'front-proxy'])
    expect([name, (await certificate(name)).ca]).toEqual([name, false]);
});

test('the certificate for webhooks is good for nothing else', async () => {
  const client = await certificate('webhook-client');
  expect(client.subject).toBe('CN=kube-apiserver-webhook');
  expect(client.keyUsage).toEqual([CLIENT_AUTH]);
  expect(client.verify((await certificate('webhook-ca')).publicKey)).toBe(true);
  expect(client.verify((await certificate('ca')).publicKey)).toBe(false);
});

test("a user's kubeconfig holds a certificate with name and groups, inline", async () => {
  const file = join(folder, 'dave.yaml');
  await writeUserKubeconfig({ pki: folder, server: 'https://127.0.0.1:1' }, file, 'dave', ['sre', 'a/b']);
  const kubeconfig = parse(await readFile(file, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: Record<string, string> }];
  };
  const user = kubeconfig.users[0].user;
  const signed = new X509Certificate(Buffer.from(user['client-certificate-data'] ?? '', 'base64'));
  expect(signed.subject).toBe('O=sre\nO=a/b\nCN=dave');
  expect(signed.verify((await certificate('ca')).publicKey)).toBe(true);
  expect(Buffer.from(user['client-key-data'] ?? '', 'base64').toString()).toContain('PRIVATE KEY');
  expect(kubeconfig.clusters[0].cluster.server).toBe('https://127.0.0.1:1');
  expect(await readFile(file, 'utf8')).not.toContain(folder);
});

test('a slash, plus or backslash in a name begins no other attribute', () => {
  expect(subject('x/O=system:masters', [String.raw`a+b\c`])).toBe(String.raw`/O=a\+b\\c/CN=x\/O=system:masters`);
});

test('two users never share a file', () => {
  expect(fileNameOf('alice')).toBe('alice');
  expect(fileNameOf('../alice')).toMatch(/^\.\.-alice-[0-9a-f]{8}$/);
  expect(fileNameOf('a:b')).not.toBe(fileNameOf('a/b'));
});
