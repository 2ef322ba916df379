import { join } from 'node:path';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { apiServerFlags } from './api-server-config.ts';
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

/**
 * The command line of a component. Each names the cluster's directory: that is how its process is recognized later
 * (see processes.ts).
 */
export function componentCommand(
  component: Component,
  binary: string,
  options: ClusterOptions,
  paths: ClusterPaths,
): string[] {
  const ports = clusterPorts(options.portBase);
  const addresses = clusterAddresses(options.subnet);
  const pki = (name: string): string => join(paths.pki, name);
  const config = (name: string): string => join(paths.config, name);
  switch (component) {
    case 'containerd':
      return ['containerd', '--config', config('containerd.toml')];
    case 'etcd':
      return [
        ...[binary, 'etcd', `--data-dir=${paths.etcd}`, '--unsafe-no-fsync'],
        `--listen-client-urls=http://127.0.0.1:${ports.etcdClient}`,
        `--advertise-client-urls=http://127.0.0.1:${ports.etcdClient}`,
        `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
        `--initial-cluster=default=http://127.0.0.1:${ports.etcdPeer}`,
      ];
    case 'kube-apiserver': {
      const { auditWebhookKubeconfig } = options;
      return [binary, component, ...apiServerFlags({ paths, addresses, ports, auditWebhookKubeconfig })];
    }
    case 'kube-controller-manager':
      return [
        ...[binary, component, `--kubeconfig=${config('kube-controller-manager.yaml')}`, '--leader-elect=false'],
        ...[`--secure-port=${ports.controllerManager}`, '--bind-address=127.0.0.1'],
        ...[`--service-account-private-key-file=${pki('service-account.key')}`, '--use-service-account-credentials'],
        ...[`--root-ca-file=${pki('ca.crt')}`, `--cluster-signing-cert-file=${pki('ca.crt')}`],
        `--cluster-signing-key-file=${pki('ca.key')}`,
      ];
    case 'kube-scheduler':
      return [
        ...[binary, component, `--kubeconfig=${config('kube-scheduler.yaml')}`, '--leader-elect=false'],
        ...[`--secure-port=${ports.scheduler}`, '--bind-address=127.0.0.1'],
      ];
    case 'kubelet':
      return [
        ...[binary, component, `--kubeconfig=${config('kubelet.yaml')}`, `--config=${config('kubelet-config.yaml')}`],
        ...[`--hostname-override=${options.name}`, `--node-ip=${addresses.host}`, `--root-dir=${paths.kubelet}`],
      ];
  }
}
