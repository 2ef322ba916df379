/** A path is a few names; what is longer was made up. */
const MAX_PATH = 1_024;

/**
 * Where to go after the sign-in: a path of ours and nothing else. `//evil`, `/\evil`, `javascript:` and whatever a browser
 * would read as another place lead to `/` (open redirects, CWE-601).
 *
 * @param origin of the console
 */
export function localPath(to: unknown, origin: string): string {
  if (typeof to !== 'string' || to.length > MAX_PATH || !to.startsWith('/')) return '/';
  // Browsers read \ as /, and drop tabs and newlines, before they look where a URL leads.
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(to) || to.includes('\\')) return '/';
  const url = URL.canParse(to, origin) ? new URL(to, origin) : undefined;
  if (url === undefined || url.origin !== origin || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
