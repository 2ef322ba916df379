import type { Entry } from './entry.ts';

/** A person to be searched for. */
export interface Wanted {
  readonly person: string;
  /** Kubernetes usernames that are theirs by the people map of today. */
  readonly usernames: readonly string[];
}

/** Undefined while nobody knows who is who. */
export type UsernamesOf = (person: string) => readonly string[] | undefined;

/**
 * R21: whether a record tells of a person. Who the record says it was then, it was, whatever the map says now. Where it says
 * nobody (events of the API server, alarms), or a username that no map of then knew, the map of today counts.
 */
export function isByPerson({ user, person }: Pick<Entry, 'user' | 'person'>, wanted: Wanted): boolean {
  if (person === wanted.person) return true;
  return user !== undefined && (person === undefined || person === user) && wanted.usernames.includes(user);
}
