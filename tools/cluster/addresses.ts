/** Ports that one cluster listens on. containerd's streaming server takes any free one. */
export interface ClusterPorts {
  readonly apiServer: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kubelet: number;
  readonly kubeletHealth: number;
}

/** How many ports from the base on belong to a cluster; some are left for what is installed beside it. */
export const PORT_SPAN = 20;

export function clusterPorts(portBase: number): ClusterPorts {
  return {
    apiServer: portBase,
    etcdClient: portBase + 1,
    etcdPeer: portBase + 2,
    controllerManager: portBase + 3,
    scheduler: portBase + 4,
    kubelet: portBase + 5,
    kubeletHealth: portBase + 6,
  };
}

/** The networks of one cluster, all within 10.0.0.0/8 (RFC 1918). */
export interface ClusterAddresses {
  /** The bridge: gateway of the pods, address of the node, and where pods reach this machine. */
  readonly host: string;
  readonly podRange: string;
  /** Addresses below are kept for the machine. */
  readonly firstPod: string;
  readonly serviceRange: string;
  /** Service `kubernetes` in namespace default: always the first address of the range. */
  readonly kubernetesService: string;
}

export function clusterAddresses(subnet: number): ClusterAddresses {
  return {
    host: `10.${subnet}.0.1`,
    podRange: `10.${subnet}.0.0/24`,
    firstPod: `10.${subnet}.0.10`,
    serviceRange: `10.${subnet + 1}.0.0/24`,
    kubernetesService: `10.${subnet + 1}.0.1`,
  };
}
