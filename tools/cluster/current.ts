import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type ClusterContext, localContext } from './context.ts';
import { fileNameOf, PEOPLE } from './kubeconfig.ts';
import { kubeconfigPaths } from './open-cluster.ts';
import { type Cluster, type ClusterOptions, ClusterOptionsError } from './options.ts';
import { findProgram, PackagesMissingError } from './packages.ts';
import { clusterPaths } from './paths.ts';
import type { Runner } from './run.ts';

/** What `kubectl config view --minify --flatten` shows: exactly one of each. */
const MinifiedKubeconfig = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({ server: z.string() }) })]),
  users: z.tuple([z.looseObject({ user: z.looseObject({}) })]),
  'current-context': z.string(),
});
type MinifiedKubeconfig = z.infer<typeof MinifiedKubeconfig>;

/** Asks a person a question that is answered by yes or anything else. */
export type Confirm = (question: string) => Promise<boolean>;

/**
 * Uses the cluster of the current kubeconfig, after a yes: what follows installs into it. alice, bob and carol are
 * impersonated by the current user, who must have that right. CLUSTER_HOST_ADDRESS names this machine as pods see it.
 */
export async function useCurrentCluster(
  options: ClusterOptions,
  run: Runner,
  confirm: Confirm,
  context: ClusterContext = localContext(),
): Promise<Cluster> {
  const { env } = context;
  const kubectl = await findProgram('kubectl', env);
  if (kubectl === undefined) throw new PackagesMissingError('kubectl is not on the PATH');
  const view = await run(kubectl, ['config', 'view', '--minify', '--flatten', '--raw', '--output=yaml']);
  const kubeconfig = MinifiedKubeconfig.parse(parse(view));
  const apiServer = kubeconfig.clusters[0].cluster.server;
  const name = kubeconfig['current-context'];
  if (!(await confirm(`Use the cluster of context ${name} (${apiServer})? Sallyport and test objects go into it.`))) {
    throw new ClusterOptionsError(
      `the use of context ${name} was not confirmed (answer yes, or set CLUSTER_CONFIRM=yes)`,
    );
  }
  const folder = clusterPaths(options.directory).kubeconfigs;
  await mkdir(folder, { recursive: true });
  const files = kubeconfigPaths(options.directory);
  await writeFile(files.admin, view, { mode: 0o600 });
  const kubeconfigFor = async (user: string, groups: readonly string[]): Promise<string> => {
    const file = join(folder, `${fileNameOf(user)}.yaml`);
    await writeFile(file, stringify(impersonating(kubeconfig, user, groups)), { mode: 0o600 });
    return file;
  };
  for (const user of ['alice', 'bob', 'carol'] as const) await kubeconfigFor(user, PEOPLE[user]);
  return {
    kind: 'current',
    name,
    directory: options.directory,
    apiServer,
    hostAddress: env['CLUSTER_HOST_ADDRESS'] ?? '127.0.0.1',
    kubeconfigs: files,
    kubectl,
    auditLog: undefined,
    webhookClientAuthority: undefined,
    auditReceiver: undefined,
    kubeconfigFor,
    importImage: async () => {
      throw new ClusterOptionsError(
        'images cannot be imported into the current cluster: push them to a registry it reads',
      );
    },
    // It was there before us.
    stop: async () => undefined,
  };
}

/** The same credentials, acting as somebody else (Kubernetes docs, "User impersonation"). */
export function impersonating(
  kubeconfig: MinifiedKubeconfig,
  user: string,
  groups: readonly string[],
): Record<string, unknown> {
  const [entry] = kubeconfig.users;
  const identity = { ...entry.user, as: user, 'as-groups': [...groups, 'system:authenticated'] };
  return { ...kubeconfig, users: [{ ...entry, user: identity }] };
}

/** Yes by CLUSTER_CONFIRM=yes or on the terminal; no where nobody can be asked. */
export function terminalConfirm(env: NodeJS.ProcessEnv): Confirm {
  return async (question) => {
    if (env['CLUSTER_CONFIRM'] === 'yes') return true;
    if (!process.stdin.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await terminal.question(`${question} [yes/no] `)).trim() === 'yes';
    } finally {
      terminal.close();
    }
  };
}
