import type { AccessSubject } from '../../ports/access-review.ts';
import type { Viewer } from './viewer.ts';

/** Everybody who has signed in is in this group, as the API server has it. */
const AUTHENTICATED = 'system:authenticated';

/** A viewer as the API server knows them. */
export function subjectOf({ username, groups }: Pick<Viewer, 'username' | 'groups'>): AccessSubject {
  return { username, uid: '', groups: [...groups, AUTHENTICATED], extra: {} };
}
