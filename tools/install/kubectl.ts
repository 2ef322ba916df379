import { run } from '../cluster/run.ts';
import type { Cluster } from '../cluster/options.ts';

/** kubectl as one user of the cluster. */
export interface Kubectl {
  /** Standard output; rejects with kubectl's message. */
  (...args: readonly string[]): Promise<string>;
}

export function kubectlAs(cluster: Pick<Cluster, 'kubectl'>, kubeconfig: string): Kubectl {
  return (...args) => run(cluster.kubectl, ['--kubeconfig', kubeconfig, ...args]);
}
