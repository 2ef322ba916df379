import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { apiGet } from './api.ts';
import { type RunningComponent, startComponent } from './component-process.ts';
import { type Component, componentCommand } from './components.ts';
import { containerdAnswers, importImage } from './containerd-client.ts';
import type { ClusterContext } from './context.ts';
import { writeBusyboxImage } from './image.ts';
import { apiServerUrl } from './open-cluster.ts';
import type { ClusterOptions } from './options.ts';
import type { ClusterPaths } from './paths.ts';
import { waitUntil } from './wait.ts';

/** Each is ready within 5 s on two idle cores; the limit is for a machine that is busy with other things. */
const CONTAINERD_TIMEOUT_MS = 30_000;
const API_SERVER_TIMEOUT_MS = 90_000;
const NODE_TIMEOUT_MS = 90_000;
const SERVICE_ACCOUNT_TIMEOUT_MS = 60_000;

/** Starts the components and waits until pods can be made. */
export async function bringUp(
  options: ClusterOptions,
  paths: ClusterPaths,
  binary: string,
  { clock, env }: ClusterContext,
): Promise<void> {
  const components: RunningComponent[] = [];
  const start = async (component: Component): Promise<void> => {
    const command = componentCommand(component, binary, options, paths);
    components.push(await startComponent(component, command, join(paths.logs, `${component}.log`), env));
  };
  const wait = (what: string, timeoutMs: number, probe: () => Promise<boolean>): Promise<void> =>
    waitUntil({ what, timeoutMs, clock, check: () => checkAll(components) }, probe);
  const get = (path: string): Promise<{ status: number; body: string }> =>
    apiGet(apiServerUrl(options), paths.pki, 'user-admin', path);

  // containerd and the API server come up at the same time; the API server waits for etcd by itself.
  await start('containerd');
  await start('etcd');
  await start('kube-apiserver');
  await wait('containerd', CONTAINERD_TIMEOUT_MS, () => containerdAnswers(paths, env));
  await importBusybox(paths, env);
  await wait('the API server', API_SERVER_TIMEOUT_MS, async () => (await get('/readyz')).status === 200);
  options.log('API server ready');
  await start('kube-controller-manager');
  await start('kube-scheduler');
  await start('kubelet');
  await wait('the node', NODE_TIMEOUT_MS, async () => isReady((await get(`/api/v1/nodes/${options.name}`)).body));
  // A pod that is made before its namespace has this account is refused.
  await wait('the default ServiceAccount', SERVICE_ACCOUNT_TIMEOUT_MS, async () => {
    return (await get('/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
  });
  options.log('node ready');
}

async function checkAll(components: readonly RunningComponent[]): Promise<void> {
  for (const component of components) await component.check();
}

async function importBusybox(paths: ClusterPaths, env: NodeJS.ProcessEnv): Promise<void> {
  const archive = join(paths.config, 'busybox.tar');
  await writeBusyboxImage(archive, env);
  await importImage(paths, archive, env);
  await rm(archive);
}

const Node = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

/** True where a node's JSON has condition Ready. */
export function isReady(node: string): boolean {
  const parsed = Node.safeParse(JSON.parse(node));
  return (
    parsed.success && parsed.data.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}
