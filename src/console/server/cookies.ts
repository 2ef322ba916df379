/** A cookie as it is set. Every one of ours is HttpOnly, has the path `/`, and no domain: of this host alone. */
export interface NewCookie {
  readonly name: string;
  /** Empty takes the cookie away. */
  readonly value: string;
  readonly sameSite: 'Strict' | 'Lax';
  readonly maxAgeSeconds: number;
}

/** Of the header `Cookie`; the first of a name counts. RFC 6265 §5.4. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (name !== '' && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}

/**
 * @param secure false only for a console under plain http on this machine: browsers take no `__Host-` cookie there
 */
export function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-sallyport-${name}` : `sallyport-${name}`;
}

export function setCookie({ name, value, sameSite, maxAgeSeconds }: NewCookie, secure: boolean): string {
  const attributes = ['Path=/', 'HttpOnly', `SameSite=${sameSite}`, `Max-Age=${maxAgeSeconds}`];
  return [`${name}=${value}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}
