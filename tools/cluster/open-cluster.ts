import { join } from 'node:path';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { type AuditReceiver, auditFolder, auditReceiverFiles } from './audit-webhook.ts';
import type { ClusterContext } from './context.ts';
import { importImage } from './containerd-client.ts';
import { fileNameOf, PEOPLE, writeUserKubeconfig } from './kubeconfig.ts';
import type { Cluster, ClusterKubeconfigs, ClusterOptions } from './options.ts';
import { clusterPaths } from './paths.ts';
import { stopCluster } from './stop.ts';

/** URL of the API server as this machine reaches it. */
export function apiServerUrl(options: Pick<ClusterOptions, 'portBase'>): string {
  return `https://127.0.0.1:${clusterPorts(options.portBase).apiServer}`;
}

/** Where the kubeconfigs of a cluster are. */
export function kubeconfigPaths(directory: string): ClusterKubeconfigs {
  const file = (user: keyof typeof PEOPLE): string => kubeconfigPath(directory, user);
  return { admin: file('admin'), alice: file('alice'), bob: file('bob'), carol: file('carol') };
}

function kubeconfigPath(directory: string, user: string): string {
  return join(clusterPaths(directory).kubeconfigs, `${fileNameOf(user)}.yaml`);
}

/** A handle on a cluster that runs. */
export function openCluster(
  options: Omit<ClusterOptions, 'log' | 'auditWebhookKubeconfig' | 'auditReceiver'> & {
    readonly auditReceiver?: AuditReceiver | undefined;
  },
  context: ClusterContext,
): Cluster {
  const paths = clusterPaths(options.directory);
  const apiServer = apiServerUrl(options);
  const { host } = clusterAddresses(options.subnet);
  return {
    kind: 'binary',
    name: options.name,
    directory: options.directory,
    apiServer,
    hostAddress: host,
    kubeconfigs: kubeconfigPaths(options.directory),
    kubectl: join(paths.bin, 'kubectl'),
    auditLog: paths.auditLog,
    webhookClientAuthority: join(paths.pki, 'webhook-ca.crt'),
    auditReceiver:
      options.auditReceiver === undefined
        ? undefined
        : auditReceiverFiles(auditFolder(paths), host, options.auditReceiver.port),
    kubeconfigFor: async (user, groups) => {
      const file = kubeconfigPath(options.directory, user);
      await writeUserKubeconfig({ pki: paths.pki, server: apiServer }, file, user, groups);
      return file;
    },
    importImage: (archive) => importImage(paths, archive, context.env),
    stop: () => stopCluster(options.directory, context),
  };
}
