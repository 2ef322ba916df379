import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterContext, localContext } from './context.ts';
import { withLock } from './lock.ts';
import { unmountBelow } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { type ClusterPaths, clusterPaths } from './paths.ts';
import { killProcesses } from './processes.ts';
import { run } from './run.ts';

/** A start that is under way ends within its own limits. */
export const CLUSTER_LOCK_TIMEOUT_MS = 5 * 60_000;

const SHIM = 'containerd-shim-runc-v2';

/** Ends the cluster in a directory, from what is there; anything may be missing. Only log files stay. */
export async function stopCluster(directory: string, context: ClusterContext = localContext()): Promise<void> {
  const paths = clusterPaths(directory);
  await withLock(`${paths.runtime}.lock`, CLUSTER_LOCK_TIMEOUT_MS, () => removeCluster(paths, context));
}

/**
 * Removes whatever a cluster has left, be it healthy, crashed or half started: one way for all, so that the way after
 * a crash is the one that every stop exercises. The caller holds the lock.
 */
export async function removeCluster(paths: ClusterPaths, context: ClusterContext): Promise<void> {
  // First those that would start containers again; the shims last, because they reap what runc ends.
  await killProcesses(paths, context.clock, ({ program }) => program !== SHIM);
  await removeContainers(paths, context);
  const shimSockets = await findShimSockets(paths);
  await killProcesses(paths, context.clock, () => true);
  await Promise.all(shimSockets.map((socket) => rm(socket, { force: true })));
  await unmountBelow([paths.directory, paths.runtime]);
  await removeNetwork(paths);
  await removeLogLinks(paths);
  await removeDevicePluginSocket();
  for (const path of paths.removedAtStop) await rm(path, { recursive: true, force: true });
}

/** Ends every container with all of its processes and removes its cgroup. */
async function removeContainers(paths: ClusterPaths, context: ClusterContext): Promise<void> {
  for (const namespace of await list(paths.runc)) {
    const root = join(paths.runc, namespace);
    const containers = await list(root);
    await Promise.all(
      containers.map((id) => run('runc', ['--root', root, 'delete', '--force', id], { env: context.env })),
    );
  }
}

/** A shim listens outside of containerd's state folder and names the socket within. */
async function findShimSockets(paths: ClusterPaths): Promise<string[]> {
  const tasks = join(paths.containerdState, 'io.containerd.runtime.v2.task');
  const sockets: string[] = [];
  for (const namespace of await list(tasks)) {
    for (const id of await list(join(tasks, namespace))) {
      const address = await readFile(join(tasks, namespace, id, 'address'), 'utf8').catch(() => '');
      if (address.startsWith('unix://')) sockets.push(address.slice('unix://'.length).trim());
    }
  }
  return sockets;
}

/** kubelet links each container's log in a folder that is the same for every kubelet of the machine. */
async function removeLogLinks(paths: ClusterPaths): Promise<void> {
  const folder = '/var/log/containers';
  for (const name of await list(folder)) {
    const target = await readlink(join(folder, name)).catch(() => '');
    if (target.startsWith(`${paths.directory}/`)) await rm(join(folder, name), { force: true });
  }
}

/** The one socket that kubelet makes outside of its root; another kubelet of the machine may have it by now. */
async function removeDevicePluginSocket(): Promise<void> {
  const socket = '/var/lib/kubelet/device-plugins/kubelet.sock';
  const inUse = (await readFile('/proc/net/unix', 'utf8')).split('\n').some((line) => line.endsWith(` ${socket}`));
  if (!inUse) await rm(socket, { force: true });
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
