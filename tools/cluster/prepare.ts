import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { apiServerFiles } from './api-server-config.ts';
import { AUDIT_KUBECONFIG, auditFolder, auditWebhookKubeconfig, writeAuditCertificates } from './audit-webhook.ts';
import { containerdConfig } from './containerd-config.ts';
import { kubeletConfig } from './kubelet-config.ts';
import { PEOPLE, writeComponentKubeconfig, writeUserKubeconfig } from './kubeconfig.ts';
import { cniConfig } from './network.ts';
import { apiServerUrl, kubeconfigPaths } from './open-cluster.ts';
import type { ClusterOptions } from './options.ts';
import type { ClusterPaths } from './paths.ts';
import { createPki } from './pki.ts';

/** Writes all that the components read: keys, configuration, kubeconfigs, and the link named kubectl. */
export async function prepareFiles(options: ClusterOptions, paths: ClusterPaths, binary: string): Promise<void> {
  const addresses = clusterAddresses(options.subnet);
  const ports = clusterPorts(options.portBase);
  const folders = [paths.config, paths.cni, paths.podLogs, paths.bin, paths.kubelet, paths.etcd];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
  const audit = auditFolder(paths);
  const { auditReceiver } = options;
  const files = {
    ...apiServerFiles(paths),
    ...(auditReceiver === undefined
      ? {}
      : { [AUDIT_KUBECONFIG]: auditWebhookKubeconfig(audit, addresses.host, auditReceiver.port) }),
    'containerd.toml': containerdConfig(paths),
    'kubelet-config.yaml': kubeletConfig(paths, addresses, ports),
  };
  await Promise.all([
    ...Object.entries(files).map(([name, content]) => writeFile(join(paths.config, name), content)),
    writeFile(join(paths.cni, '10-pods.conflist'), cniConfig({ bridge: options.bridge, paths, addresses, ports })),
    linkKubectl(paths, binary),
    createPki(paths.pki, options.name, addresses),
    ...(auditReceiver === undefined ? [] : [writeAuditCertificates(audit, addresses.host)]),
  ]);
  await writeKubeconfigs(options, paths);
}

async function writeKubeconfigs(options: ClusterOptions, paths: ClusterPaths): Promise<void> {
  const source = { pki: paths.pki, server: apiServerUrl(options) };
  const files = kubeconfigPaths(options.directory);
  const people = ['admin', 'alice', 'bob', 'carol'] as const satisfies readonly (keyof typeof PEOPLE)[];
  const components = ['kubelet', 'kube-controller-manager', 'kube-scheduler'];
  await Promise.all([
    ...people.map((user) => writeUserKubeconfig(source, files[user], user, PEOPLE[user])),
    ...components.map((name) => writeComponentKubeconfig(source, join(paths.config, `${name}.yaml`), name)),
  ]);
}

/** The binary acts as kubectl where it is called so. */
async function linkKubectl(paths: ClusterPaths, binary: string): Promise<void> {
  const link = join(paths.bin, 'kubectl');
  await rm(link, { force: true });
  await symlink(binary, link);
}
