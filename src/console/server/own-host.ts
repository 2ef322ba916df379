/**
 * Whether a request was sent to the console by its name: another name that leads here is an attempt to run somebody's page
 * under our address (DNS rebinding).
 *
 * @param url of the console
 */
export function isOwnHost(host: string | undefined, url: URL): boolean {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return false;
  const asked = `${url.protocol}//${host}`;
  return URL.canParse(asked) && new URL(asked).host === url.host;
}
