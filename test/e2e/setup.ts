import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { ClusterKubeconfigs } from '../../tools/cluster/options.ts';
import { environmentDown, environmentUp } from '../../tools/install/main.ts';
import { readLedger } from '../harness/ledger-files.ts';
import { gatedActions } from './harness/gated-actions.ts';
import type { ProcessPlace } from '../../tools/install/sallyport-process.ts';

export interface E2eKubeconfigs extends ClusterKubeconfigs {
  /** In no group, with no right until a role binding gives one: for administrators of one namespace. */
  readonly nadmin: string;
  /** alice by her second username, in group sre. */
  readonly aliceAdmin: string;
  /** Votes for people of Slack; with no right until a role binding gives one. */
  readonly slackChannel: string;
  /** An agent of alice's, in group developers. */
  readonly aliceAgent: string;
}

/** What every end-to-end test is told of the environment. */
export interface E2eContext {
  readonly kubectl: string;
  readonly bin: string;
  readonly kubeconfigs: E2eKubeconfigs;
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
    kubeconfigs: {
      ...cluster.kubeconfigs,
      nadmin: await cluster.kubeconfigFor('nadmin', []),
      aliceAdmin: await cluster.kubeconfigFor('alice-admin', ['sre']),
      slackChannel: await cluster.kubeconfigFor('slack-channel', []),
      aliceAgent: await cluster.kubeconfigFor('alice-agent', ['developers']),
    },
    place: sallyport.place,
    apiServer: cluster.apiServer,
    webhookPort: sallyport.place.healthPort - 1,
    clusterDirectory: cluster.directory,
    webhookHost: cluster.hostAddress,
    auditLog: cluster.auditLog,
  });
  return async () => {
    try {
      await tellOfAlarms(join(sallyport.place.directory, 'ledger'), log);
    } finally {
      if (process.env['E2E_KEEP'] !== '1') await environmentDown('test', log);
    }
  };
}

/** After the whole suite: each gated action with its decision, and no alarm without a reason. */
async function tellOfAlarms(ledger: string, log: (line: string) => void): Promise<void> {
  const records = await readLedger(ledger).catch(() => []);
  const { joined, falsely, untold } = gatedActions(records);
  log(
    `${joined.length} events joined with their decisions, ${untold.length} uses without an event, ${falsely.length} false alarms`,
  );
  for (const record of records) if (record.kind === 'Alarm') log(`${record.data.alarm}: ${record.data.message}`);
  if (falsely.length > 0) throw new Error('the detectors raised false alarms');
}
