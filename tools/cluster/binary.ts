import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../src/ports/clock.ts';
import { type BuildPlan, buildGoProgram } from './go-build.ts';
import { withLock } from './lock.ts';

export interface BinaryOptions {
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

/** Where the sources are and where the finished binary belongs. */
export interface BinaryPlan extends BuildPlan {
  /** Kubernetes version, for example v1.36.3. */
  readonly version: string;
}

/** What decides the binary's content; the update script beside them does not. */
const SOURCES = ['go.mod', 'go.sum', 'main.go'] as const;

/** A cold build takes 6 minutes on two cores; whoever waits for somebody else's build waits as long. */
const LOCK_TIMEOUT_MS = 45 * 60_000;

/**
 * Path of the binary that holds all of Kubernetes (see go/main.go). It is built where the user's cache has none for
 * these sources and this platform; of several callers one builds and the others wait.
 */
export async function ensureClusterBinary(options: BinaryOptions): Promise<string> {
  const plan = await binaryPlan(options.env);
  if (await isExecutable(plan.output)) return plan.output;
  return withLock(`${plan.output}.lock`, LOCK_TIMEOUT_MS, async () => {
    if (await isExecutable(plan.output)) return plan.output;
    const temporary = `${plan.output}.${process.pid}.tmp`;
    try {
      await buildGoProgram({ ...plan, output: temporary }, options);
      await rename(temporary, plan.output);
    } finally {
      await rm(temporary, { force: true });
    }
    return plan.output;
  });
}

/** Where the binary is or will be, and how it is built. */
export async function binaryPlan(env: NodeJS.ProcessEnv): Promise<BinaryPlan> {
  const source = fileURLToPath(new URL('go', import.meta.url));
  const contents = await Promise.all(SOURCES.map((name) => readFile(join(source, name), 'utf8')));
  const version = kubernetesVersion(contents[0] ?? '');
  const platform = `${process.platform}/${process.arch}`;
  const digest = createHash('sha256')
    .update([...contents, platform].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'sallyport', `kubernetes-${version}-${digest}`);
  await mkdir(folder, { recursive: true });
  return { version, source, output: join(folder, 'cluster'), linkerFlags: linkerFlags(version) };
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

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
