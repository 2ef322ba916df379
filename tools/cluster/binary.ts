import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildContext } from '../go/build.ts';
import { type CachedProgram, ensureGoProgram } from '../go/cached-program.ts';

/** Path of the binary that holds all of Kubernetes (see go/main.go); built where the user's cache has none. */
export async function ensureClusterBinary(context: BuildContext): Promise<string> {
  return ensureGoProgram(await clusterProgram(), context);
}

/** How it is built, and under which name it is kept. */
export async function clusterProgram(): Promise<CachedProgram> {
  const source = fileURLToPath(new URL('go', import.meta.url));
  const version = kubernetesVersion(await readFile(join(source, 'go.mod'), 'utf8'));
  return {
    what: 'Kubernetes',
    cost: 'about 6 minutes',
    release: `kubernetes-${version}`,
    name: 'cluster',
    source,
    sources: ['go.mod', 'go.sum', 'main.go'],
    main: '.',
    linkerFlags: linkerFlags(version),
  };
}

/** The version that go.mod requires of k8s.io/kubernetes. */
export function kubernetesVersion(goMod: string): string {
  const version = /^\s*(?:require )?k8s\.io\/kubernetes (v1\.\d+\.\d+\S*)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('tools/cluster/go/go.mod does not require k8s.io/kubernetes');
  return version;
}

/** Without these the server calls itself v0.0.0, which clients take for a server that can do nothing. */
export function linkerFlags(version: string): string {
  const minor = version.split('.')[1] ?? '0';
  const variables = { gitVersion: version, gitMajor: '1', gitMinor: minor, gitTreeState: 'clean' };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(variables).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
  return ['-s', '-w', ...flags].join(' ');
}
