import { generateKeyPair } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterAddresses } from './addresses.ts';
import { run } from './run.ts';

/** Who signs. Three authorities, so that a certificate of one purpose is never good for another. */
export type Authority = 'ca' | 'front-proxy-ca' | 'webhook-ca';

export interface CertificateRequest {
  /** Base name of the files, `<name>.crt` and `<name>.key`. */
  readonly name: string;
  readonly authority: Authority;
  /** The common name is the user, each organization a group (Kubernetes docs, "X.509 client certificates"). */
  readonly user: string;
  readonly groups: readonly string[];
  readonly usage: readonly ('clientAuth' | 'serverAuth')[];
  /** For example `DNS:localhost`, `IP:127.0.0.1`. */
  readonly alternativeNames: readonly string[];
}

/** The certificates of a disposable cluster; nobody renews them. */
const DAYS = '365';
const KEY_ARGUMENTS = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

/** Makes the authorities, the ServiceAccount signing key and a certificate for each component. */
export async function createPki(folder: string, nodeName: string, addresses: ClusterAddresses): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeOpensslConfig(folder);
  await Promise.all([
    createAuthority(folder, 'ca'),
    createAuthority(folder, 'front-proxy-ca'),
    createAuthority(folder, 'webhook-ca'),
    createServiceAccountKey(folder),
  ]);
  await Promise.all(componentCertificates(nodeName, addresses).map((request) => signCertificate(folder, request)));
}

function componentCertificates(nodeName: string, addresses: ClusterAddresses): CertificateRequest[] {
  const local = ['DNS:localhost', 'IP:127.0.0.1', `IP:${addresses.host}`];
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return [
    {
      ...client('kube-apiserver', 'kube-apiserver'),
      usage: ['serverAuth'],
      alternativeNames: [...local, ...service.map((name) => `DNS:${name}`), `IP:${addresses.kubernetesService}`],
    },
    client('kubelet-client', 'kube-apiserver-kubelet-client', ['system:masters']),
    client('front-proxy', 'front-proxy', [], 'front-proxy-ca'),
    client('webhook-client', 'kube-apiserver-webhook', [], 'webhook-ca'),
    {
      ...client('kubelet', `system:node:${nodeName}`, ['system:nodes']),
      usage: ['clientAuth', 'serverAuth'],
      alternativeNames: [...local, `DNS:${nodeName}`],
    },
    client('kube-controller-manager', 'system:kube-controller-manager'),
    client('kube-scheduler', 'system:kube-scheduler'),
  ];
}

function client(
  name: string,
  user: string,
  groups: readonly string[] = [],
  authority: Authority = 'ca',
): CertificateRequest {
  return { name, authority, user, groups, usage: ['clientAuth'], alternativeNames: [] };
}

/** A configuration of our own, because Debian's makes every self-signed certificate an authority. */
export async function writeOpensslConfig(folder: string): Promise<void> {
  await writeFile(configFile(folder), '[req]\ndistinguished_name = dn\nprompt = no\n[dn]\n');
}

async function createAuthority(folder: string, name: Authority): Promise<void> {
  await run('openssl', [
    'req',
    '-x509',
    '-config',
    configFile(folder),
    ...KEY_ARGUMENTS,
    '-days',
    DAYS,
    '-subj',
    `/CN=${name}`,
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-keyout',
    join(folder, `${name}.key`),
    '-out',
    join(folder, `${name}.crt`),
  ]);
}

/** Signs a new key's certificate, replacing an older one of the same name. */
export async function signCertificate(folder: string, request: CertificateRequest): Promise<void> {
  const file = (name: string): string => join(folder, name);
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${request.usage.join(',')}`,
    ...(request.alternativeNames.length === 0 ? [] : [`subjectAltName=${request.alternativeNames.join(',')}`]),
  ];
  await run('openssl', [
    'req',
    '-x509',
    '-config',
    configFile(folder),
    ...KEY_ARGUMENTS,
    '-days',
    DAYS,
    '-utf8',
    '-subj',
    subject(request.user, request.groups),
    '-CA',
    file(`${request.authority}.crt`),
    '-CAkey',
    file(`${request.authority}.key`),
    ...extensions.flatMap((extension) => ['-addext', extension]),
    '-keyout',
    file(`${request.name}.key`),
    '-out',
    file(`${request.name}.crt`),
  ]);
}

/** `/O=group/CN=user`; a slash or plus in a name would begin another attribute, so both are escaped. */
export function subject(user: string, groups: readonly string[]): string {
  return `${groups.map((group) => `/O=${escapeName(group)}`).join('')}/CN=${escapeName(user)}`;
}

function escapeName(value: string): string {
  return value.replaceAll(/[\\/+]/g, String.raw`\$&`);
}

async function createServiceAccountKey(folder: string): Promise<void> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(join(folder, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

function configFile(folder: string): string {
  return join(folder, 'openssl.cnf');
}
