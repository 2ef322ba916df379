import {
  createPeople,
  NOBODY_MAPPED,
  type People,
  type PersonEntry,
  type PersonTemplate,
} from '../../src/core/people/people.ts';

/** Everybody is their own username. */
export const nobodyMapped = (): People => createPeople(NOBODY_MAPPED);

/** A map of these people, each with what they have. */
export function peopleOf(
  entries: readonly (Partial<PersonEntry> & { readonly person: string })[],
  templates: readonly PersonTemplate[] = [],
): People {
  const none = { usernames: [], emails: [], slack: [], groups: [], agents: [] };
  return createPeople({ people: entries.map((entry) => ({ ...none, ...entry })), templates });
}
