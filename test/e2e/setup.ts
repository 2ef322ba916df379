import type { TestProject } from 'vitest/node';
import type { ClusterKubeconfigs } from '../../tools/cluster/options.ts';
import { environmentDown, environmentUp } from '../../tools/install/main.ts';
import type { ProcessPlace } from '../../tools/install/sallyport-process.ts';

/** What every end-to-end test is told of the environment. */
export interface E2eContext {
  readonly kubectl: string;
  readonly bin: string;
  readonly kubeconfigs: ClusterKubeconfigs;
  readonly place: ProcessPlace;
  readonly apiServer: string;
  readonly webhookPort: number;
  readonly clusterDirectory: string;
  /** Where the webhook listens: the address of the cluster's own bridge. */
  readonly webhookHost: string;
  readonly auditLog: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    e2e: E2eContext;
  }
}

/** One cluster with Sallyport for all end-to-end tests. E2E_KEEP=1 leaves it up, for the next run to find. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string) => console.log(line);
  const { cluster, sallyport } = await environmentUp('test', log);
  project.provide('e2e', {
    kubectl: cluster.kubectl,
    bin: sallyport.bin,
    kubeconfigs: cluster.kubeconfigs,
    place: sallyport.place,
    apiServer: cluster.apiServer,
    webhookPort: sallyport.place.healthPort - 1,
    clusterDirectory: cluster.directory,
    webhookHost: cluster.hostAddress,
    auditLog: cluster.auditLog,
  });
  return async () => {
    if (process.env['E2E_KEEP'] !== '1') await environmentDown('test', log);
  };
}
