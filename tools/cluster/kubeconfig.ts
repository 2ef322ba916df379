import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { signCertificate } from './pki.ts';

export interface KubeconfigContent {
  /** Name of cluster, user and context. */
  readonly name: string;
  readonly server: string;
  /** PEM */
  readonly authority: string;
  /** PEM */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

/** A kubeconfig with everything inline, so that the file may be copied. */
export function renderKubeconfig(content: KubeconfigContent): string {
  const { name } = content;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: content.server, 'certificate-authority-data': base64(content.authority) } }],
    users: [
      {
        name,
        user: { 'client-certificate-data': base64(content.certificate), 'client-key-data': base64(content.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

/** The people of every cluster, and the groups that their certificates name. */
export const PEOPLE = {
  admin: ['system:masters'],
  alice: ['developers'],
  bob: ['sre'],
  carol: ['sre'],
} as const satisfies Record<string, readonly string[]>;

export interface KubeconfigSource {
  /** Folder with the authority and for the new certificate. */
  readonly pki: string;
  readonly server: string;
}

/** Signs a client certificate for a user and writes its kubeconfig to `file`. */
export async function writeUserKubeconfig(
  source: KubeconfigSource,
  file: string,
  user: string,
  groups: readonly string[],
): Promise<void> {
  const name = `user-${fileNameOf(user)}`;
  await signCertificate(source.pki, {
    name,
    authority: 'ca',
    user,
    groups,
    usage: ['clientAuth'],
    alternativeNames: [],
  });
  await writeComponentKubeconfig(source, file, name);
}

/** Writes the kubeconfig of a certificate that is there already. */
export async function writeComponentKubeconfig(source: KubeconfigSource, file: string, name: string): Promise<void> {
  const [authority, certificate, key] = await Promise.all(
    ['ca.crt', `${name}.crt`, `${name}.key`].map((part) => readFile(join(source.pki, part), 'utf8')),
  );
  const content = renderKubeconfig({
    name: name.replace(/^user-/, ''),
    server: source.server,
    authority: authority ?? '',
    certificate: certificate ?? '',
    key: key ?? '',
  });
  await mkdir(dirname(file), { recursive: true });
  // Whoever reads the file meanwhile finds the old or the new one, never half of it.
  await writeFile(`${file}.tmp`, content, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** A user's name as a file name: itself where that is safe, otherwise with a digest that keeps two users apart. */
export function fileNameOf(user: string): string {
  if (/^[a-z0-9][-.a-z0-9]{0,60}$/.test(user)) return user;
  const digest = createHash('sha256').update(user).digest('hex').slice(0, 8);
  return `${user.replaceAll(/[^-.a-zA-Z0-9]/g, '-').slice(0, 40)}-${digest}`;
}
