import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Every path that a cluster uses, from its directory alone, so that another process can find and remove them. */
export interface ClusterPaths {
  readonly directory: string;
  /** Sockets and mounts of containerd: short, because a UNIX socket's path has at most 107 bytes. */
  readonly runtime: string;
  /** Twelve hex digits that name the cluster where a whole path does not fit. */
  readonly id: string;
  readonly record: string;
  readonly pki: string;
  readonly etcd: string;
  readonly logs: string;
  readonly auditLog: string;
  readonly podLogs: string;
  readonly config: string;
  readonly cni: string;
  readonly cniAddresses: string;
  readonly containerd: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly runc: string;
  readonly kubelet: string;
  readonly kubeconfigs: string;
  readonly bin: string;
  /** Everything of `directory` that holds state; log files are kept for reading after the end. */
  readonly removedAtStop: readonly string[];
}

export function clusterPaths(directory: string): ClusterPaths {
  const id = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const runtime = `/run/sallyport/${id}`;
  const record = join(directory, 'cluster.json');
  const below = (name: string): string => join(directory, name);
  const state = ['pki', 'etcd', 'pod-logs', 'config', 'cni', 'cni-addresses', 'containerd', 'kubelet'].map(below);
  return {
    directory,
    runtime,
    id,
    record,
    pki: below('pki'),
    etcd: below('etcd'),
    logs: below('logs'),
    auditLog: below('logs/audit.log'),
    podLogs: below('pod-logs'),
    config: below('config'),
    cni: below('cni'),
    cniAddresses: below('cni-addresses'),
    containerd: below('containerd'),
    containerdState: join(runtime, 'state'),
    containerdSocket: join(runtime, 'containerd.sock'),
    runc: join(runtime, 'runc'),
    kubelet: below('kubelet'),
    kubeconfigs: below('kubeconfigs'),
    bin: below('bin'),
    removedAtStop: [...state, below('kubeconfigs'), below('bin'), record, runtime],
  };
}
