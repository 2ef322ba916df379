import { join } from 'node:path';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { apiServerFlags } from './api-server-config.ts';
import { AUDIT_KUBECONFIG } from './audit-webhook.ts';
import type { ClusterOptions } from './options.ts';
import type { ClusterPaths } from './paths.ts';

/** The programs of a cluster, in the order in which they start. */
export const COMPONENTS = [
  'containerd',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
] as const;

export type Component = (typeof COMPONENTS)[number];

interface CommandContext {
  readonly binary: string;
  readonly options: ClusterOptions;
  readonly paths: ClusterPaths;
}

/**
 * The command line of a component. Each names the cluster's directory: that is how its process is recognized later
 * (see processes.ts).
 */
export function componentCommand(
  component: Component,
  binary: string,
  options: ClusterOptions,
  paths: ClusterPaths,
): readonly string[] {
  return COMMANDS[component]({ binary, options, paths });
}

function auditOf({ auditReceiver, auditWebhookKubeconfig }: ClusterOptions, paths: ClusterPaths) {
  if (auditReceiver !== undefined)
    return { kubeconfig: join(paths.config, AUDIT_KUBECONFIG), mode: auditReceiver.mode };
  return auditWebhookKubeconfig === undefined
    ? undefined
    : { kubeconfig: auditWebhookKubeconfig, mode: 'batch' as const };
}

const COMMANDS: Readonly<Record<Component, (context: CommandContext) => readonly string[]>> = {
  containerd: ({ paths }) => ['containerd', '--config', join(paths.config, 'containerd.toml')],
  etcd: ({ binary, options, paths }) => {
    const ports = clusterPorts(options.portBase);
    const client = `http://127.0.0.1:${ports.etcdClient}`;
    const peer = `http://127.0.0.1:${ports.etcdPeer}`;
    return [
      binary,
      'etcd',
      `--data-dir=${paths.etcd}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ];
  },
  'kube-apiserver': ({ binary, options, paths }) => {
    const ports = clusterPorts(options.portBase);
    const addresses = clusterAddresses(options.subnet);
    return [binary, 'kube-apiserver', ...apiServerFlags({ paths, addresses, ports, audit: auditOf(options, paths) })];
  },
  'kube-controller-manager': ({ binary, options, paths }) => [
    binary,
    'kube-controller-manager',
    `--kubeconfig=${join(paths.config, 'kube-controller-manager.yaml')}`,
    '--leader-elect=false',
    `--secure-port=${clusterPorts(options.portBase).controllerManager}`,
    '--bind-address=127.0.0.1',
    `--service-account-private-key-file=${join(paths.pki, 'service-account.key')}`,
    '--use-service-account-credentials',
    // An identity for each of its controllers costs a hundred requests at the start: 4 s at the default of 20 a second.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    `--root-ca-file=${join(paths.pki, 'ca.crt')}`,
    `--flex-volume-plugin-dir=${join(paths.kubelet, 'volume-plugins')}`,
    `--cluster-signing-cert-file=${join(paths.pki, 'ca.crt')}`,
    `--cluster-signing-key-file=${join(paths.pki, 'ca.key')}`,
  ],
  'kube-scheduler': ({ binary, options, paths }) => [
    binary,
    'kube-scheduler',
    `--kubeconfig=${join(paths.config, 'kube-scheduler.yaml')}`,
    '--leader-elect=false',
    `--secure-port=${clusterPorts(options.portBase).scheduler}`,
    '--bind-address=127.0.0.1',
  ],
  kubelet: ({ binary, options, paths }) => [
    binary,
    'kubelet',
    `--kubeconfig=${join(paths.config, 'kubelet.yaml')}`,
    `--config=${join(paths.config, 'kubelet-config.yaml')}`,
    `--hostname-override=${options.name}`,
    `--node-ip=${clusterAddresses(options.subnet).host}`,
    `--root-dir=${paths.kubelet}`,
  ],
};
