import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../cluster/lock.ts';
import { type BuildContext, type BuildPlan, buildGoProgram } from './build.ts';

export interface CachedProgram extends Omit<BuildPlan, 'output'> {
  /** Its folder in the cache begins so: kubernetes-v1.36.3. */
  readonly release: string;
  /** Its file: what it calls itself in its messages. */
  readonly name: string;
  /** Files of `source` that decide what the binary is. */
  readonly sources: readonly string[];
}

/** Minutes go into a cold build; whoever waits for somebody else's build waits as long. */
const LOCK_TIMEOUT_MS = 45 * 60_000;

/**
 * Path of the program. It is built where the user's cache has none for these sources and this platform; of several
 * callers one builds and the others wait.
 */
export async function ensureGoProgram(program: CachedProgram, context: BuildContext): Promise<string> {
  const output = await cachedPath(program, context.env);
  if (await isExecutable(output)) return output;
  return withLock(`${output}.lock`, LOCK_TIMEOUT_MS, async () => {
    if (await isExecutable(output)) return output;
    const temporary = `${output}.${process.pid}.tmp`;
    try {
      await buildGoProgram({ ...program, output: temporary }, context);
      await rename(temporary, output);
    } finally {
      await rm(temporary, { force: true });
    }
    return output;
  });
}

/** Where the program is or will be. */
export async function cachedPath(
  { release, name, source, sources }: CachedProgram,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const contents = await Promise.all(sources.map((file) => readFile(join(source, file), 'utf8')));
  const platform = `${process.platform}/${process.arch}`;
  const digest = createHash('sha256')
    .update([...contents, platform].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'sallyport', `${release}-${digest}`);
  await mkdir(folder, { recursive: true });
  return join(folder, name);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
