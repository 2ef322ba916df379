import { apiGet } from './api.ts';
import { COMPONENTS } from './components.ts';
import { apiServerUrl } from './open-cluster.ts';
import { clusterPaths } from './paths.ts';
import { clusterProcesses } from './processes.ts';
import { type ClusterRecord, readRecord } from './record.ts';

/** How a cluster is, from its directory and the process table. */
export type ClusterStatus =
  | { readonly state: 'stopped' }
  /** Something of it runs, but it cannot be used. */
  | { readonly state: 'broken'; readonly why: string }
  | { readonly state: 'running'; readonly record: ClusterRecord };

export async function clusterStatus(directory: string): Promise<ClusterStatus> {
  const paths = clusterPaths(directory);
  const [record, processes] = await Promise.all([readRecord(paths), clusterProcesses(paths)]);
  const running = new Set(processes.map(({ program }) => program));
  if (record === undefined && running.size === 0) return { state: 'stopped' };
  const dead = COMPONENTS.filter((component) => !running.has(component));
  if (dead.length > 0) return { state: 'broken', why: `${dead.join(', ')} not running` };
  if (record === undefined || !record.ready) return { state: 'broken', why: 'its start was not finished' };
  const answer = await apiGet(apiServerUrl(record.options), paths.pki, 'user-admin', '/readyz').catch(
    (error: unknown) => ({
      status: 0,
      body: error instanceof Error ? error.message : String(error),
    }),
  );
  if (answer.status !== 200) return { state: 'broken', why: `the API server is not ready: ${answer.body}` };
  return { state: 'running', record };
}
