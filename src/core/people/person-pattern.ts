/** `oidc:*@example.com` → `*`: one star stands for the same text in both. */
export interface PersonPattern {
  /** A username with one star in it. */
  readonly username: string;
  /** The person, with one star in it: two people never become one. */
  readonly person: string;
}

/** The person of a username that fits; undefined where it does not. The cluster's own names (`system:…`) fit nothing, and come of nothing. */
export function expandPattern({ username: pattern, person }: PersonPattern, username: string): string | undefined {
  if (username.startsWith('system:')) return undefined;
  const [prefix = '', suffix = ''] = pattern.split('*');
  if (!pattern.includes('*') || username.length <= prefix.length + suffix.length) return undefined;
  if (!username.startsWith(prefix) || !username.endsWith(suffix)) return undefined;
  const star = username.slice(prefix.length, username.length - suffix.length);
  const expanded = person.split('*').join(star);
  return expanded.startsWith('system:') ? undefined : expanded;
}
