import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildContext } from '../go/build.ts';
import { type CachedProgram, ensureGoProgram } from '../go/cached-program.ts';

const MODULE = 'helm.sh/helm/v4';

/** Path of Helm, a client that the end-to-end tests try; built where the user's cache has none. */
export async function ensureHelm(context: BuildContext): Promise<string> {
  return ensureGoProgram(await helmProgram(), context);
}

async function helmProgram(): Promise<CachedProgram> {
  const source = fileURLToPath(new URL('.', import.meta.url));
  const goMod = await readFile(join(source, 'go.mod'), 'utf8');
  const version = new RegExp(`^\\s*${MODULE} (v4\\.\\d+\\.\\d+)`, 'm').exec(goMod)?.[1];
  if (version === undefined) throw new Error(`tools/helm/go.mod does not require ${MODULE}`);
  return {
    what: 'Helm',
    cost: 'about 4 minutes',
    release: `helm-${version}`,
    name: 'helm',
    source,
    sources: ['go.mod', 'go.sum'],
    main: `${MODULE}/cmd/helm`,
    linkerFlags: '-s -w',
  };
}
