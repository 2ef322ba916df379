import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterOptions } from './options.ts';

export type ProfileName = 'local' | 'test' | 'demo' | 'integration';

/** A cluster's place on this machine; `directory` is relative to the repository. */
export type Profile = Omit<ClusterOptions, 'auditWebhookKubeconfig' | 'log'>;

/** No two share a directory, a port, a network or a bridge: all may run at the same time. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  /** `make up`: for working by hand. */
  local: { name: 'local', directory: '.local/cluster', portBase: 17_400, subnet: 88, bridge: 'sally-local' },
  /** End-to-end tests. */
  test: { name: 'test', directory: '.local/test-cluster', portBase: 17_440, subnet: 90, bridge: 'sally-test' },
  /** `make demo` */
  demo: { name: 'demo', directory: '.local/demo-cluster', portBase: 17_480, subnet: 92, bridge: 'sally-demo' },
  /** The test of the cluster itself. */
  integration: {
    name: 'integration',
    directory: '.local/integration-cluster',
    portBase: 17_520,
    subnet: 94,
    bridge: 'sally-check',
  },
};

/** The repository's root. */
export function repositoryRoot(): string {
  return fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
}

/** Clones of the repository that work side by side on one machine. */
const SLOTS = 8;

/** CLUSTER_SLOT=1 … 7 moves every profile of this clone to ports, networks and bridges of its own. */
export function slotted(profile: Profile, slot: string | undefined): Profile {
  const number = Number(slot ?? '0');
  if (!Number.isInteger(number) || number < 0 || number >= SLOTS)
    throw new RangeError(`CLUSTER_SLOT=${slot} is not a number from 0 to ${SLOTS - 1}`);
  if (number === 0) return profile;
  return {
    ...profile,
    portBase: profile.portBase + number * 160,
    subnet: profile.subnet + number * 8,
    bridge: `${profile.bridge}-${number}`,
  };
}

/** A profile as options, with what the caller wants otherwise. */
export function profileOptions(
  profile: ProfileName,
  log: (line: string) => void,
  changes: Partial<ClusterOptions> = {},
): ClusterOptions {
  const base = slotted(PROFILES[profile], process.env['CLUSTER_SLOT']);
  return { ...base, directory: join(repositoryRoot(), base.directory), log, ...changes };
}
