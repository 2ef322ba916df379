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

/** A profile as options, with what the caller wants otherwise. */
export function profileOptions(
  profile: ProfileName,
  log: (line: string) => void,
  changes: Partial<ClusterOptions> = {},
): ClusterOptions {
  const base = PROFILES[profile];
  return { ...base, directory: join(repositoryRoot(), base.directory), log, ...changes };
}
