import type { PersonEntry } from '../../core/people/people.ts';

interface Named {
  readonly entry: number;
  readonly path: string;
  /** What it would be confused with. */
  readonly key: string;
}

/**
 * Two people must never become one, nor one two: every identity belongs to one entry, and no name of one kind says another
 * person in another kind.
 *
 * @param entries with their index in the list
 */
export function namedTwice(entries: readonly (readonly [number, PersonEntry])[]): { path: string; message: string }[] {
  const persons = entries.map(([at, { person }]): Named => ({ entry: at, path: `people[${at}].person`, key: person }));
  const usernames = named(entries, 'usernames', ({ usernames: names }) => names);
  const agents = named(entries, 'agents', ({ agents: names }) => names);
  const emails = named(entries, 'emails', ({ emails: addresses }) => addresses.map((email) => email.toLowerCase()));
  const slack = named(entries, 'slack', ({ slack: ids }) => ids);
  const lowered = usernames.map((each) => ({ ...each, key: each.key.toLowerCase() }));
  return [
    ...twice(persons),
    ...twice([...usernames, ...agents]),
    ...twice(emails),
    ...twice(slack),
    ...across(persons, usernames, 'is the username of somebody else'),
    ...collisions(persons, agents, 'is the username of an agent, which is nobody'),
    ...across(emails, lowered, 'is the username of somebody else'),
  ];
}

function named(
  entries: readonly (readonly [number, PersonEntry])[],
  field: string,
  keys: (entry: PersonEntry) => readonly string[],
): Named[] {
  return entries.flatMap(([at, entry]) =>
    keys(entry).map((key, index) => ({ entry: at, path: `people[${at}].${field}[${index}]`, key })),
  );
}

function twice(all: readonly Named[]): { path: string; message: string }[] {
  const first = new Map<string, string>();
  return all.flatMap(({ path, key }) => {
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    return before === undefined ? [] : [{ path, message: `${JSON.stringify(key)} stands at ${before} already` }];
  });
}

/** A name of one entry that means another entry. */
function across(names: readonly Named[], others: readonly Named[], message: string) {
  return collisions(names, others, message, (a, b) => a.entry !== b.entry);
}

function collisions(
  names: readonly Named[],
  others: readonly Named[],
  message: string,
  counts: (a: Named, b: Named) => boolean = () => true,
): { path: string; message: string }[] {
  const byKey = new Map(others.map((other) => [other.key, other]));
  return names.flatMap((each) => {
    const other = byKey.get(each.key);
    return other !== undefined && counts(each, other)
      ? [{ path: each.path, message: `${JSON.stringify(each.key)} ${message} (${other.path})` }]
      : [];
  });
}
