import { createHash } from 'node:crypto';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Where the console's page is built to, and served from. */
const CONSOLE_FOLDER = 'dist/console';

/** What the build was made of, beside it, for it is not served: by file below the root, the hash of its content. */
const STAMP = `${CONSOLE_FOLDER}-built-from.json`;

/** Of which a change means another build, although no module of the page imports it. */
const ALSO = ['package-lock.json', 'tools/console/build.ts', 'src/console/client/index.html'];

export interface Built {
  readonly folder: string;
  /** Absent where nothing had changed since the last build. */
  readonly files?: readonly { readonly name: string; readonly bytes: number; readonly gzip: number }[];
}

/** Builds the console's page, unless it stands there built of the same sources. @param root of the repository */
export async function buildConsole(root: string): Promise<Built> {
  const folder = join(root, CONSOLE_FOLDER);
  if (await isFresh(root, folder)) return { folder };
  // Built aside and moved: whoever serves the page, or builds it at the same time, sees a whole one.
  const aside = `${folder}-${process.pid}`;
  try {
    const output = await build({
      configFile: false,
      root: join(root, 'src/console/client'),
      base: '/',
      publicDir: false,
      logLevel: 'warn',
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: {
        outDir: aside,
        emptyOutDir: true,
        target: 'es2022',
        // `data:` is no source that the page's Content-Security-Policy allows, and the polyfill is an inline script.
        assetsInlineLimit: 0,
        modulePreload: false,
        reportCompressedSize: false,
      },
    });
    const items = (Array.isArray(output) ? output : [output]).flatMap((one) => ('output' in one ? one.output : []));
    const modules = items.flatMap((item) =>
      item.type === 'chunk' ? Object.keys(item.modules) : item.originalFileNames,
    );
    const sources = await hashes(root, sourcesOf(root, modules));
    await takeThePlace(aside, folder);
    await writeFile(join(root, STAMP), JSON.stringify(sources, undefined, 2));
    return { folder, files: items.map((item) => sizeOf(item)) };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Somebody who builds at the same time may put theirs there between the two steps: then once more. */
async function takeThePlace(aside: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder).catch(async () => {
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  });
}

function sizeOf(item: { fileName: string } & ({ type: 'chunk'; code: string } | { type: 'asset'; source: unknown })): {
  name: string;
  bytes: number;
  gzip: number;
} {
  const content = Buffer.from(item.type === 'chunk' ? item.code : (item.source as string | Uint8Array));
  return { name: item.fileName, bytes: content.length, gzip: gzipSync(content).length };
}

/** The modules that are files of ours: the packages' stand in the lock file. */
function sourcesOf(root: string, modules: readonly string[]): string[] {
  const files = modules
    .map((id) => id.split('?')[0] ?? id)
    .map((id) => (isAbsolute(id) ? relative(root, id) : join('src/console/client', id)))
    .filter((path) => !path.startsWith('..') && !path.startsWith('node_modules') && !path.includes('\0'));
  return [...new Set([...files, ...ALSO])].toSorted();
}

async function hashes(root: string, files: readonly string[]): Promise<Record<string, string>> {
  const entries = files.map(async (file): Promise<[string, string]> => {
    const content = await readFile(join(root, file)).catch(() => '');
    return [file, createHash('sha256').update(content).digest('hex')];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function isFresh(root: string, folder: string): Promise<boolean> {
  let before: Record<string, string>;
  try {
    await access(join(folder, 'index.html'));
    before = JSON.parse(await readFile(join(root, STAMP), 'utf8')) as Record<string, string>;
  } catch {
    return false;
  }
  const now = await hashes(root, Object.keys(before));
  return Object.entries(before).every(([file, hash]) => now[file] === hash);
}
