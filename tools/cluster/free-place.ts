import { readRecord } from './record.ts';
import { PORT_SPAN } from './addresses.ts';
import { claimBridge } from './network.ts';
import { type ClusterOptions, ClusterOptionsError } from './options.ts';
import { clusterPaths } from './paths.ts';
import { PROFILES, type ProfileName, profileOptions, SLOTS, slotted } from './profiles.ts';
import { checkPortsFree } from './start.ts';
import { clusterStatus } from './status.ts';

/**
 * A profile at the first place on this machine that is free: another clone of the repository may hold the usual one. A
 * cluster that runs in this clone's directory keeps its place. CLUSTER_SLOT=0 … 7 decides for the caller.
 */
export async function freePlace(
  profile: ProfileName,
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<ClusterOptions> {
  const at = (slot: number) => {
    const { portBase, subnet, bridge } = slotted(PROFILES[profile], slot);
    return profileOptions(profile, log, { portBase, subnet, bridge });
  };
  const wanted = env['CLUSTER_SLOT'];
  if (wanted !== undefined) return at(Number(wanted));
  const { directory } = at(0);
  if ((await clusterStatus(directory)).state !== 'stopped') {
    const record = await readRecord(clusterPaths(directory));
    if (record !== undefined) return { ...record.options, log } as ClusterOptions;
  }
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const options = at(slot);
    if (await isFree(options)) return options;
    log(`ports or bridge ${options.bridge} are taken; trying the next`);
  }
  throw new ClusterOptionsError(
    `all ${SLOTS} places of profile ${profile} are taken; stop a cluster, or choose ports with npm run cluster -- start --port-base`,
  );
}

async function isFree({ portBase, bridge }: ClusterOptions): Promise<boolean> {
  try {
    await claimBridge(bridge);
    await checkPortsFree(Array.from({ length: PORT_SPAN }, (_, offset) => portBase + offset));
    return true;
  } catch (error) {
    if (error instanceof ClusterOptionsError) return false;
    throw error;
  }
}
