import type { People } from '../core/people/people.ts';

/** Who is who, as the people map says now (R21). */
export interface PeopleSource {
  /**
   * Undefined while the map cannot be read and never could: then nobody knows who is the same person, and nobody asks or
   * votes. A map that becomes unreadable later leaves the last one that was good.
   */
  now(): People | undefined;
}
