import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

/** One file of the page, in memory. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  /** Its name has a hash of its content in it. */
  readonly immutable: boolean;
}

/** The built page by path (`/assets/main-Dk3f9aQ2.js`). What is not in it is not served: there is no way out of a map. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** What is not listed is not served, such as source maps. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Of Vite's output: a page is a few dozen files. */
const MAX_FILES = 500;
const MAX_BYTES = 32 * 1024 * 1024;

const HASHED = /-[\w-]{8,}\.\w+$/;

/** The page is not what was built: the process does not serve half of it. */
export class PageFilesError extends Error {
  override readonly name = 'PageFilesError';
  readonly code = 'PageFiles';
}

/**
 * Reads the folder that Vite built, once. Links are not followed. An empty map where there is no such folder.
 *
 * @throws {PageFilesError} for more than a page has
 */
export async function readPageFiles(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  let total = 0;
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    total += bytes.length;
    if (files.size >= MAX_FILES || total > MAX_BYTES) throw new PageFilesError(`there is too much in ${folder}`);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    files.set(path, { type, bytes, etag, immutable: path.startsWith('/assets/') && HASHED.test(path) });
  }
  return files;
}

/** What the page loads to begin with; Vite writes it with double quotes, below the root. */
const LOADED = /\s(?:src|href)="(\/[^"?#]+)"/g;

/**
 * The same, of a page that is whole: `index.html` and every file that it loads.
 *
 * @throws {PageFilesError} where one is missing, as before the page is built and while it is
 */
export async function readWholePage(folder: string): Promise<PageFiles> {
  const files = await readPageFiles(folder);
  const index = files.get('/index.html');
  if (index === undefined) throw new PageFilesError(`there is no index.html in ${folder}: npm run build-console`);
  for (const [, path = ''] of index.bytes.toString().matchAll(LOADED))
    if (!files.has(path)) throw new PageFilesError(`there is no ${path} in ${folder}: npm run build-console`);
  return files;
}

/** The page itself stands at these paths, whatever it then shows. */
const PAGES = /^\/(?:backtest|evidence|requests(?:\/[^/]+\/[^/]+)?)?$/;

/** The file for a path as it was sent, decoded by nobody. */
export function pageFile(files: PageFiles, path: string): PageFile | undefined {
  return PAGES.test(path) ? files.get('/index.html') : files.get(path);
}
