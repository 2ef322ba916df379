import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClusterOptions, MAX_DIRECTORY_BYTES } from './options.ts';

export type ProfileName = 'local' | 'test' | 'demo' | 'integration';

/** A cluster's place on this machine; `directory` is below .local. */
export type Profile = Omit<ClusterOptions, 'auditWebhookKubeconfig' | 'auditReceiver' | 'log'>;

/** No two share a directory, a port, a network or a bridge: all may run at the same time. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  /** `make up`: for working by hand. */
  local: { name: 'local', directory: 'cluster', portBase: 17_400, subnet: 88, bridge: 'sally-local' },
  /** End-to-end tests. */
  test: { name: 'test', directory: 'test-cluster', portBase: 17_440, subnet: 90, bridge: 'sally-test' },
  /** `make demo` */
  demo: { name: 'demo', directory: 'demo-cluster', portBase: 17_480, subnet: 92, bridge: 'sally-demo' },
  /** The test of the cluster itself. */
  integration: {
    name: 'integration',
    directory: 'integration-cluster',
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
export const SLOTS = 8;

/** A profile on ports, networks and a bridge of its own: slot 0 is the profile as it stands in the table. */
export function slotted(profile: Profile, slot: number): Profile {
  if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS)
    throw new RangeError(`there is no slot ${slot}: it is a number from 0 to ${SLOTS - 1}`);
  if (slot === 0) return profile;
  return {
    ...profile,
    portBase: profile.portBase + slot * 160,
    subnet: profile.subnet + slot * 8,
    bridge: `${profile.bridge}-${slot}`,
  };
}

/** Where a profile's state lies: in the clone, or, where its path is too long for kubelet's sockets, in a short place. */
export function profileDirectory(name: string, root = repositoryRoot()): string {
  const inClone = join(root, '.local', name);
  if (Buffer.byteLength(inClone) <= MAX_DIRECTORY_BYTES) return inClone;
  const clone = createHash('sha256').update(root).digest('hex').slice(0, 12);
  return join('/var/tmp/sallyport', clone, name);
}

/** A profile as options, with what the caller wants otherwise. */
export function profileOptions(
  profile: ProfileName,
  log: (line: string) => void,
  changes: Partial<ClusterOptions> = {},
): ClusterOptions {
  const base = PROFILES[profile];
  return { ...base, directory: profileDirectory(base.directory), log, ...changes };
}
