import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainConfig } from './plain-kubeconfig.ts';

/** What a pod finds of its ServiceAccount, and where the API server is. */
export interface PodAccount {
  /** From the environment that the kubelet gives each pod; undefined outside of one. */
  readonly server: string | undefined;
  /** Where the kubelet mounts the files `token`, `ca.crt` and `namespace` (client-go: rest.InClusterConfig). */
  readonly folder: string;
}

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * As a pod: by the token and the authority that are mounted into it, which are read anew each time, since the kubelet
 * exchanges the token before it expires (KEP-1205).
 *
 * @throws Error outside of a pod, and of node:fs where the files are missing
 */
export function serviceAccountConfig({ server, folder }: PodAccount): PlainConfig {
  if (server === undefined) throw new Error('there is no kubeconfig, and the environment of a pod is not there either');
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  const options: PlainConfig['options'] = () => {
    const token = read('token');
    if (token === '') throw new Error('the token of the ServiceAccount is empty');
    return { ca: readFileSync(join(folder, 'ca.crt')), headers: { Authorization: `Bearer ${token}` } };
  };
  // What can never work is said at the start.
  options();
  // Which client-go does not ask for.
  return { server, namespace: existsSync(join(folder, 'namespace')) ? read('namespace') : undefined, options };
}
