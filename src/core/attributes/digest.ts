import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Action, UserInfo } from '../api/kinds.ts';

/** `sha256:` and 64 hex digits: the canonical action. */
export type Digest = string & { readonly __brand: 'Digest' };
/** `sha256:` and 64 hex digits: who does it, and the digest. */
export type Fingerprint = string & { readonly __brand: 'Fingerprint' };

/** R10. `omitted` speaks of storage, not of the action, and stays out. */
export function digestOf(action: Action): Digest {
  const { omitted, ...content } = action;
  return sha256({ canon: 'v1', ...content, group: action.group ?? '' }) as Digest;
}

/** R10. Groups and extra are recorded and evaluated again, not hashed. */
export function fingerprintOf(user: Pick<UserInfo, 'username' | 'uid'>, digest: string): Fingerprint {
  return sha256({ username: user.username, uid: user.uid ?? '', digest }) as Fingerprint;
}

/** RFC 8785 text, hashed. A lone surrogate has no UTF-8 form: it is refused at the edge (unreadable). */
export function sha256(value: unknown): string {
  return `sha256:${createHash('sha256')
    .update(canonicalize(value) ?? '', 'utf8')
    .digest('hex')}`;
}
