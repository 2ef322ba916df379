import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterAddresses, ClusterPorts } from './addresses.ts';
import { ClusterOptionsError } from './options.ts';
import { type ClusterPaths, clusterPaths } from './paths.ts';
import { clusterProcesses } from './processes.ts';
import { type Runner, run } from './run.ts';

export interface ClusterNetwork {
  readonly bridge: string;
  readonly paths: ClusterPaths;
  readonly addresses: ClusterAddresses;
  readonly ports: ClusterPorts;
}

/**
 * Makes the pods' bridge and the one rule that they need: Service `kubernetes` leads to the API server. There is no
 * kube-proxy: its chains are global to the machine, so two clusters would undo each other's, and the API server
 * itself calls webhooks and aggregated APIs by endpoint (--enable-aggregator-routing). Other Service IPs lead nowhere.
 */
export async function createNetwork(network: ClusterNetwork, execute: Runner = run): Promise<void> {
  const { bridge, addresses, paths } = network;
  await execute('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await execute('ip', ['link', 'set', bridge, 'alias', `${ALIAS}${paths.directory}`]);
  await execute('ip', ['address', 'add', `${addresses.host}/24`, 'dev', bridge]);
  await execute('ip', ['link', 'set', bridge, 'up']);
  await execute('iptables', ['--wait', '10', '--table', 'nat', '--append', 'PREROUTING', ...serviceRule(network)]);
}

function serviceRule(network: ClusterNetwork): string[] {
  return [
    '--in-interface',
    network.bridge,
    '--destination',
    `${network.addresses.kubernetesService}/32`,
    '--protocol',
    'tcp',
    '--dport',
    '443',
    '--match',
    'comment',
    '--comment',
    ruleComment(network.paths.id),
    '--jump',
    'REDIRECT',
    '--to-ports',
    String(network.ports.apiServer),
  ];
}

function ruleComment(id: string): string {
  return `sallyport-${id}`;
}

/** Removes the bridge, the rule and what CNI remembers; tolerates that any is missing. */
export async function removeNetwork(paths: ClusterPaths, execute: Runner = run): Promise<void> {
  for (const [bridge, directory] of await labelledBridges()) {
    if (directory === paths.directory) await execute('ip', ['link', 'delete', bridge]);
  }
  const rules = await execute('iptables', ['--wait', '10', '--table', 'nat', '--list-rules', 'PREROUTING']).catch(
    () => '',
  );
  for (const rule of rulesWithComment(rules, ruleComment(paths.id))) {
    await execute('iptables', ['--wait', '10', '--table', 'nat', '--delete', ...rule]);
  }
  await removeCniResults(paths);
}

/** CNI keeps the result of each call in a folder of the whole machine; ours name a network namespace below `runtime`. */
async function removeCniResults(paths: ClusterPaths): Promise<void> {
  const folder = '/var/lib/cni/results';
  for (const name of await readdir(folder).catch(() => [])) {
    const content = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (content.includes(`${paths.runtime}/`)) await rm(join(folder, name), { force: true });
  }
}

const ALIAS = 'sallyport:';

/** Bridges of all clusters on this machine, with their directories: each bears its cluster's in its alias. */
async function labelledBridges(): Promise<Map<string, string>> {
  const bridges = new Map<string, string>();
  for (const name of await readdir('/sys/class/net')) {
    const alias = await readFile(`/sys/class/net/${name}/ifalias`, 'utf8').catch(() => '');
    if (alias.startsWith(ALIAS)) bridges.set(name, alias.slice(ALIAS.length).trim());
  }
  return bridges;
}

/** The arguments after `-A` of each rule that `iptables --list-rules` shows with this comment. */
export function rulesWithComment(listing: string, comment: string): string[][] {
  return listing
    .split('\n')
    .filter((line) => line.startsWith('-A ') && line.split(/[\s"]+/).includes(comment))
    .map((line) =>
      line
        .split(/\s+/)
        .slice(1)
        .map((word) => word.replaceAll('"', '')),
    );
}

/** Throws where the bridge is somebody else's; removes one that a cluster left which no longer runs. */
export async function claimBridge(bridge: string, execute: Runner = run): Promise<void> {
  if (!(await readdir('/sys/class/net')).includes(bridge)) return;
  const directory = (await labelledBridges()).get(bridge);
  if (directory === undefined) {
    throw new ClusterOptionsError(
      `there is a network interface ${bridge} which is not ours; choose another with --bridge`,
    );
  }
  if ((await clusterProcesses(clusterPaths(directory))).length > 0) {
    throw new ClusterOptionsError(
      `the bridge ${bridge} belongs to the cluster in ${directory}; choose another with --bridge`,
    );
  }
  await execute('ip', ['link', 'delete', bridge]);
}

/** The pods' network as containerd's CNI reads it. The addresses that are taken live within the cluster's directory. */
export function cniConfig(network: ClusterNetwork): string {
  const { podRange, firstPod } = network.addresses;
  const ipam = {
    type: 'host-local',
    dataDir: network.paths.cniAddresses,
    ranges: [[{ subnet: podRange, rangeStart: firstPod }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: network.bridge, isGateway: true, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '0.4.0', name: networkName(network.paths.id), plugins: [bridge] }, undefined, 2);
}

function networkName(id: string): string {
  return `sallyport-${id}`;
}
