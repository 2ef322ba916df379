import type { UserInfo } from '../core/api/kinds.ts';
import { createPeople, type PeopleMap, type PersonEntry, type PersonTemplate } from '../core/people/people.ts';
import { expandPattern } from '../core/people/person-pattern.ts';
import { parsePeopleMap, PEOPLE_MAP, peopleProblemText } from '../platform/identity/people-map.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { isApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';

/** The people map, as far as the caller may see it. */
export type SeenMap =
  | { readonly state: 'Read'; readonly map: PeopleMap }
  | { readonly state: 'NotAllowed' }
  | { readonly state: 'None' }
  | { readonly state: 'Refused'; readonly problems: readonly string[] };

/** Who the caller is to Sallyport, for `-o json|yaml`. What is not known is left out. */
export interface IdentityReport {
  readonly username: string;
  readonly groups: readonly string[];
  readonly peopleMap: SeenMap['state'];
  readonly person?: string;
  /** Where the person comes from. */
  readonly by?: 'Entry' | 'Template' | 'Username';
  readonly template?: PersonTemplate;
  /** Whose agent the caller is. */
  readonly owner?: string;
  /** The name belongs to an entry that does not list this username: its votes are refused. */
  readonly contested?: true;
  readonly entry?: PersonEntry;
  /** What is wrong with the map that is stored. */
  readonly problems?: readonly string[];
}

/** Reads the map with the caller's own rights. */
export async function seeMap(client: KubeClient, systemNamespace: string): Promise<SeenMap> {
  const path = resourcePath({
    group: '',
    version: 'v1',
    plural: 'configmaps',
    namespace: systemNamespace,
    name: PEOPLE_MAP.name,
  });
  try {
    const { data } = await client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(path);
    const text = data?.[PEOPLE_MAP.key];
    if (text === undefined) return { state: 'Refused', problems: [`has no key ${PEOPLE_MAP.key}`] };
    const parsed = parsePeopleMap(text);
    return parsed.ok
      ? { state: 'Read', map: parsed.map }
      : { state: 'Refused', problems: parsed.problems.map(peopleProblemText) };
  } catch (error) {
    if (isApiError(error, 404)) return { state: 'None' };
    if (isApiError(error, 403)) return { state: 'NotAllowed' };
    throw error;
  }
}

export function reportIdentity({ username, groups }: UserInfo, seen: SeenMap): IdentityReport {
  const caller = { username, groups, peopleMap: seen.state };
  switch (seen.state) {
    case 'NotAllowed':
      return caller;
    case 'None':
      return { ...caller, person: username, by: 'Username' };
    case 'Refused':
      return { ...caller, problems: seen.problems };
    case 'Read':
      return { ...caller, ...inMap(username, seen.map) };
  }
}

function inMap(username: string, map: PeopleMap): Partial<IdentityReport> {
  const people = createPeople(map);
  const { person, owner, contested } = people.ofUsername(username);
  const entry = people.entryOf(person);
  if (owner !== undefined) return { person, owner, by: 'Entry' };
  if (entry?.usernames.includes(username) === true) return { person, by: 'Entry', entry };
  const template = map.templates.find(
    (each) => each.identity === 'Kubernetes' && expandPattern(each, username) !== undefined,
  );
  return {
    person,
    ...(template === undefined ? { by: 'Username' } : { by: 'Template', template }),
    // An entry of somebody else is not shown as the caller's.
    ...(contested === true ? { contested } : {}),
  };
}
