import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { ensureClusterBinary } from './binary.ts';
import { bringUp } from './bring-up.ts';
import { type ClusterContext, localContext } from './context.ts';
import { withLock } from './lock.ts';
import { claimBridge, createNetwork } from './network.ts';
import { openCluster } from './open-cluster.ts';
import { type Cluster, type ClusterOptions, ClusterOptionsError, checkOptions } from './options.ts';
import { ensurePackages, findProgram } from './packages.ts';
import { type ClusterPaths, clusterPaths } from './paths.ts';
import { prepareFiles } from './prepare.ts';
import { clusterRecord, writeRecord } from './record.ts';
import { run } from './run.ts';
import { clusterStatus } from './status.ts';
import { CLUSTER_LOCK_TIMEOUT_MS, removeCluster } from './stop.ts';

/**
 * Brings up a cluster and returns once its node is Ready and pods can be made. One that already runs with the same
 * options is reused; the remains of one that crashed are removed first. Linux, as root.
 */
export async function startCluster(
  options: ClusterOptions,
  context: ClusterContext = localContext(),
): Promise<Cluster> {
  checkOptions(options);
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new ClusterOptionsError(
      'a local cluster from one binary needs Linux and root; elsewhere install Docker and kind and set CLUSTER=kind',
    );
  }
  const { log } = options;
  const { clock, env } = context;
  await ensurePackages({ log, env, run, isRoot: true, find: findProgram });
  const binary = await ensureClusterBinary({ clock, env, log });
  const paths = clusterPaths(options.directory);
  return withLock(`${paths.runtime}.lock`, CLUSTER_LOCK_TIMEOUT_MS, async () => {
    if (await isReusable(options, paths, binary)) {
      log(`cluster ${options.name} already runs in ${options.directory}`);
      return openCluster(options, context);
    }
    const started = clock.now();
    await removeCluster(paths, context);
    try {
      await createCluster(options, paths, binary, context);
    } catch (error) {
      await removeCluster(paths, context);
      throw error;
    }
    log(`cluster ${options.name} is up after ${((clock.now() - started) / 1000).toFixed(1)} s`);
    return openCluster(options, context);
  });
}

async function isReusable(options: ClusterOptions, paths: ClusterPaths, binary: string): Promise<boolean> {
  const status = await clusterStatus(options.directory);
  if (status.state === 'stopped') return false;
  if (status.state === 'broken') {
    options.log(`removing what is left of cluster ${options.name}: ${status.why}`);
    return false;
  }
  const same = isDeepStrictEqual(status.record, clusterRecord(options, binary, true));
  if (!same) options.log(`cluster ${options.name} in ${paths.directory} runs with other options: starting it anew`);
  return same;
}

async function createCluster(
  options: ClusterOptions,
  paths: ClusterPaths,
  binary: string,
  context: ClusterContext,
): Promise<void> {
  const addresses = clusterAddresses(options.subnet);
  const ports = clusterPorts(options.portBase);
  await checkPortsFree(Object.values(ports));
  await claimBridge(options.bridge);
  await mkdir(paths.logs, { recursive: true });
  await mkdir(paths.runtime, { recursive: true, mode: 0o700 });
  await writeRecord(paths, clusterRecord(options, binary, false));
  await prepareFiles(options, paths, binary);
  await createNetwork({ bridge: options.bridge, paths, addresses, ports });
  await bringUp(options, paths, binary, context);
  await writeRecord(paths, clusterRecord(options, binary, true));
}

/** A taken port would otherwise show as a component that dies, or as a cluster that is somebody else's. */
export async function checkPortsFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    await new Promise<void>((resolve, reject) => {
      const server = createServer();
      server.once('error', (cause) => {
        const message = `port ${port} is taken by another process; choose other ports with --port-base`;
        reject(new ClusterOptionsError(message, { cause }));
      });
      server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve()));
    });
  }
}
