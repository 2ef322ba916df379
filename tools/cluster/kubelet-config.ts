import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterAddresses, ClusterPorts } from './addresses.ts';
import type { ClusterPaths } from './paths.ts';

/** A KubeletConfiguration (kubelet.config.k8s.io/v1beta1). */
export function kubeletConfig(paths: ClusterPaths, addresses: ClusterAddresses, ports: ClusterPorts): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      x509: { clientCAFile: join(paths.pki, 'ca.crt') },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: 'Webhook' },
    // Not a loopback address: kubelet refuses one as its node's address, and the API server dials that.
    address: addresses.host,
    port: ports.kubelet,
    healthzPort: ports.kubeletHealth,
    readOnlyPort: 0,
    tlsCertFile: join(paths.pki, 'kubelet.crt'),
    tlsPrivateKeyFile: join(paths.pki, 'kubelet.key'),
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    podLogsDir: paths.podLogs,
    volumePluginDir: join(paths.kubelet, 'volume-plugins'),
    // As many as the pod range has addresses, more or less: the end-to-end tests leave theirs behind.
    maxPods: 240,
    cgroupDriver: 'cgroupfs',
    // A kubelet ends every pod that it finds below its cgroup root and does not know, so two of them cannot share one.
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    // Needed from Kubernetes 1.35 on where the machine has cgroup v1.
    failCgroupV1: false,
    failSwapOn: false,
    // Chains of its own that nothing would remove.
    makeIPTablesUtilChains: false,
    // A disk that is nearly full must neither evict pods nor remove images that no registry has; 0 is refused.
    evictionHard: {
      'memory.available': '10Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    localStorageCapacityIsolation: false,
  });
}
