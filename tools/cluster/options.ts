import type { AuditReceiver, AuditReceiverFiles } from './audit-webhook.ts';

/** What a disposable cluster is made from. Two clusters may run side by side when no value is shared. */
export interface ClusterOptions {
  /** Shown in messages and used as the node's name: a DNS label. */
  readonly name: string;
  /** Holds all state but sockets. An absolute path of at most `MAX_DIRECTORY_BYTES`. */
  readonly directory: string;
  /** First of the `PORT_SPAN` ports that the cluster listens on. */
  readonly portBase: number;
  /** 10.<subnet>.0.0/24 is the pod network, 10.<subnet + 1>.0.0/24 the range of Service IPs. */
  readonly subnet: number;
  /** Name of the network bridge that is made for the pods, at most 15 characters. */
  readonly bridge: string;
  /** Kubeconfig of an audit webhook that the API server sends its audit events to, batched by one second. */
  readonly auditWebhookKubeconfig?: string;
  /** The same for a receiver on this machine that shows certificates of the cluster; not together with the above. */
  readonly auditReceiver?: AuditReceiver;
  /** Receives one line of progress at a time. */
  readonly log: (line: string) => void;
}

/** Kubeconfig files with inline certificates, so that each may be copied elsewhere. */
export interface ClusterKubeconfigs {
  /** In group system:masters: RBAC does not apply. */
  readonly admin: string;
  /** In group developers, with no right until a role binding gives one. */
  readonly alice: string;
  /** In group sre, with no right until a role binding gives one. */
  readonly bob: string;
  /** In group sre, with no right until a role binding gives one. */
  readonly carol: string;
}

/** A Kubernetes that is up: its node is Ready and the default ServiceAccount exists. */
export interface Cluster {
  /** Where it comes from, for messages. */
  readonly kind: 'binary' | 'kind' | 'current';
  readonly name: string;
  /** Its state: kubeconfigs, logs, configuration. */
  readonly directory: string;
  /** URL of the API server as seen from this machine. */
  readonly apiServer: string;
  /** Address at which pods and the API server reach processes of this machine. */
  readonly hostAddress: string;
  readonly kubeconfigs: ClusterKubeconfigs;
  /** Path of an executable kubectl of the cluster's version. */
  readonly kubectl: string;
  /** File of the API server's audit events at level Metadata, one JSON object a line; undefined where it is not ours. */
  readonly auditLog: string | undefined;
  /**
   * PEM file of the authority that signed the certificate which the API server presents to admission
   * webhooks, with common name kube-apiserver-webhook; undefined where it presents none.
   */
  readonly webhookClientAuthority: string | undefined;
  /** Where the API server sends its audit events, and with which certificates; undefined where it sends none of ours. */
  readonly auditReceiver: AuditReceiverFiles | undefined;
  /** Writes a kubeconfig for any user and returns its path; asking again for the same user writes it anew. */
  kubeconfigFor(user: string, groups: readonly string[]): Promise<string>;
  /** Makes an image archive (see `image.ts`) available to pods that say `imagePullPolicy: Never`. */
  importImage(archive: string): Promise<void>;
  /** Ends the cluster and removes its state. Log files stay. */
  stop(): Promise<void>;
}

/**
 * kubelet makes `<directory>/kubelet/pod-resources/kubelet.sock`, and a UNIX socket's path has at most 107 bytes
 * (unix(7)).
 */
export const MAX_DIRECTORY_BYTES = 70;

/** IFNAMSIZ less the terminating zero. */
const MAX_INTERFACE_NAME = 15;

/** An option with which no cluster can start. */
export class ClusterOptionsError extends Error {
  readonly code = 'CLUSTER_OPTIONS';
  override readonly name = 'ClusterOptionsError';
}

/** Throws a ClusterOptionsError that says what to change. */
export function checkOptions(options: ClusterOptions): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(options.name)) {
    throw new ClusterOptionsError(`the name ${JSON.stringify(options.name)} is not a DNS label`);
  }
  if (!options.directory.startsWith('/') || /[\s"'\\]/.test(options.directory)) {
    throw new ClusterOptionsError(
      `the directory ${JSON.stringify(options.directory)} must be an absolute path without spaces, quotes and backslashes`,
    );
  }
  if (Buffer.byteLength(options.directory) > MAX_DIRECTORY_BYTES) {
    throw new ClusterOptionsError(
      `the directory ${options.directory} is longer than ${MAX_DIRECTORY_BYTES} bytes, and the sockets below it would not fit; choose another with --directory`,
    );
  }
  if (!Number.isInteger(options.portBase) || options.portBase < 1024 || options.portBase > 65_000) {
    throw new ClusterOptionsError(`the port base ${options.portBase} must be between 1024 and 65000`);
  }
  if (!Number.isInteger(options.subnet) || options.subnet < 0 || options.subnet > 254) {
    throw new ClusterOptionsError(`the subnet ${options.subnet} must be between 0 and 254`);
  }
  if (!/^[a-z][-a-z0-9]*$/.test(options.bridge) || options.bridge.length > MAX_INTERFACE_NAME) {
    throw new ClusterOptionsError(
      `the bridge ${JSON.stringify(options.bridge)} must be a network interface name of at most ${MAX_INTERFACE_NAME} characters`,
    );
  }
}
