import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BuildContext } from '../go/build.ts';
import { ensureGoProgram } from '../go/cached-program.ts';

/** Path of an S3 server that keeps objects as files (Versity S3 Gateway); built where the user's cache has none. */
export async function ensureS3Server(context: BuildContext): Promise<string> {
  const source = fileURLToPath(new URL('go', import.meta.url));
  const goMod = await readFile(new URL('go/go.mod', import.meta.url), 'utf8');
  const version = /github\.com\/versity\/versitygw (v\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error('tools/s3/go/go.mod does not require github.com/versity/versitygw');
  return ensureGoProgram(
    {
      what: 'an S3 server',
      cost: 'about 3 minutes',
      release: `versitygw-${version}`,
      name: 'versitygw',
      source,
      sources: ['go.mod', 'go.sum'],
      main: 'github.com/versity/versitygw/cmd/versitygw',
      linkerFlags: '-s -w',
    },
    context,
  );
}
