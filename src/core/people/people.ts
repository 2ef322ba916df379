import type { ApprovalVote } from '../api/kinds.ts';
import { foldedName } from '../api/folded-name.ts';
import { expandPattern, type PersonPattern } from './person-pattern.ts';

/** R21: one person, with every identity under which they act. The first username is the one by which policies name them. */
export interface PersonEntry {
  readonly person: string;
  /** Kubernetes usernames. */
  readonly usernames: readonly string[];
  readonly emails: readonly string[];
  /** `T0123/U0456`: team and user. */
  readonly slack: readonly string[];
  /** Groups that a vote by a channel counts for. A vote by kubectl has those of the API server. */
  readonly groups: readonly string[];
  /** Kubernetes usernames of the agents that they own. */
  readonly agents: readonly string[];
}

/** A rule for those who have no entry. */
export interface PersonTemplate extends PersonPattern {
  /** Kubernetes: whoever asks or votes with kubectl. OIDC: whoever is signed in to the console. */
  readonly identity: 'Kubernetes' | 'OIDC';
}

export interface PeopleMap {
  readonly people: readonly PersonEntry[];
  readonly templates: readonly PersonTemplate[];
}

/** Whose act a channel brings. */
export type OnBehalfOf = NonNullable<ApprovalVote['spec']['onBehalfOf']>;

/** Who a Kubernetes user is. `owner` is a person, of agents only. */
export interface UserPerson {
  readonly person: string;
  readonly owner?: string;
  /**
   * The name that they would go by belongs to an entry that does not list this username. Whether it is the same person is
   * not known: their request is treated as that person's, and they approve nothing.
   */
  readonly contested?: true;
}

/** Who acts by a channel, as a vote is stamped with. */
export interface ChannelPerson {
  readonly person: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly slackGroups: readonly string[];
}

export interface People {
  /** A user without entry and template is their own username. */
  ofUsername(username: string): UserPerson;
  /** R22: no entry, and no template that fits, is nobody. */
  ofChannel(claim: OnBehalfOf): ChannelPerson | undefined;
  /** The Kubernetes usernames that are theirs by `ofUsername`: of their entry, by the templates, and their own name. */
  usernamesOf(person: string): readonly string[];
  entryOf(person: string): PersonEntry | undefined;
  /** Everybody who has an entry: for telling approvers, who are named by groups. */
  readonly entries: readonly PersonEntry[];
}

export const NOBODY_MAPPED: PeopleMap = { people: [], templates: [] };

/** The map as tables. What is named twice is the mapper's mistake and refused where the map is read. */
export function createPeople({ people, templates }: PeopleMap): People {
  const byUsername = index(people, ({ usernames }) => usernames);
  const byEmail = index(people, ({ emails }) => emails.map(lowered));
  const bySlack = index(people, ({ slack }) => slack);
  const byAgent = index(people, ({ agents }) => agents);
  const byPerson = index(people, ({ person }) => [person]);
  const templated = (identity: PersonTemplate['identity'], username: string) =>
    templates
      .filter((template) => template.identity === identity)
      .map((template) => expandPattern(template, username))
      .find((person) => person !== undefined);

  const byFolded = index(people, ({ person, usernames, agents }) => [person, ...usernames, ...agents].map(foldedName));
  const holderOf = (...names: readonly string[]) =>
    names
      .map((name) => byPerson.get(name) ?? byUsername.get(name) ?? byAgent.get(name) ?? byFolded.get(foldedName(name)))
      .find((entry) => entry !== undefined);

  const ofUsername = (username: string): UserPerson => {
    const owner = byAgent.get(username);
    if (owner !== undefined) return { person: username, owner: owner.person };
    const entry = byUsername.get(username);
    if (entry !== undefined) return { person: entry.person };
    const person = templated('Kubernetes', username) ?? username;
    const other = holderOf(person, username);
    return other === undefined ? { person } : { person: other.person, contested: true };
  };
  const usernamesOf = (person: string): readonly string[] => {
    const ofTemplates = templates.flatMap(({ identity, username, person: name }) =>
      identity === 'Kubernetes' ? (expandPattern({ username: name, person: username }, person) ?? []) : [],
    );
    const candidates = [...(byPerson.get(person)?.usernames ?? []), ...ofTemplates, person];
    return [...new Set(candidates)].filter((username) => ofUsername(username).person === person);
  };

  return {
    ofUsername,
    usernamesOf,
    ofChannel: ({ kind, id, email, groups = [], slackGroups = [] }) => {
      switch (kind) {
        case 'Slack': {
          const entry = bySlack.get(id);
          if (entry === undefined) return undefined;
          const username = entry.usernames[0] ?? entry.person;
          return { person: entry.person, username, groups: entry.groups, slackGroups };
        }
        case 'OIDC': {
          // An agent that signs in to the console is no person.
          if (byAgent.has(id)) return undefined;
          const [named, mailed] = [byUsername.get(id), byEmail.get(lowered(email ?? ''))];
          // One token that says two people is nobody's.
          if (named !== undefined && mailed !== undefined && named !== mailed) return undefined;
          const entry = named ?? mailed;
          const person = entry?.person ?? templated('OIDC', id);
          if (person === undefined || (entry === undefined && holderOf(person, id) !== undefined)) return undefined;
          const username = entry === undefined || entry.usernames.includes(id) ? id : (entry.usernames[0] ?? person);
          return { person, username, groups: [...new Set([...groups, ...(entry?.groups ?? [])])], slackGroups: [] };
        }
      }
    },
    entryOf: (person) => byPerson.get(person),
    entries: people,
  };
}

/** Of ASCII alone: `toLowerCase` makes a k of the Kelvin sign, so that somebody else's address would become this one. */
function lowered(email: string): string {
  return email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function index(
  people: readonly PersonEntry[],
  keys: (entry: PersonEntry) => readonly string[],
): ReadonlyMap<string, PersonEntry> {
  return new Map(people.flatMap((entry) => keys(entry).map((key) => [key, entry] as const)));
}
