import { createPeople, NOBODY_MAPPED, type People } from '../../core/people/people.ts';
import type { PeopleSource } from '../../ports/people.ts';
import type { Watched } from '../../ports/watched.ts';
import { parsePeopleMap, PEOPLE_MAP, type PeopleProblem } from './people-map.ts';

/** core/v1 ConfigMap. */
export interface PeopleConfigMap {
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly uid?: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** What became of a map that was written. */
export type PeopleChange =
  | { readonly type: 'Read'; readonly people: number; readonly templates: number }
  /** The one before goes on, where there was one. */
  | {
      readonly type: 'Refused';
      readonly object: PeopleConfigMap;
      readonly problems: readonly PeopleProblem[];
      readonly kept: boolean;
    }
  | { readonly type: 'Removed' };

export interface WatchedPeople extends PeopleSource {
  /** Calls back after each change, and at once with the last one. */
  onChange(callback: (change: PeopleChange) => void): void;
}

/**
 * R21: the people map as the ConfigMap has it. One that cannot be read leaves the last that could; without any, nobody knows
 * who is the same person. No ConfigMap at all maps nobody: everybody is their own username.
 *
 * @param isFresh R1: whether the watch is in step; what is not is not known
 */
export function watchPeople(maps: Pick<Watched<PeopleConfigMap>, 'onChange'>, isFresh: () => boolean): WatchedPeople {
  const nobody = createPeople(NOBODY_MAPPED);
  const callbacks: ((change: PeopleChange) => void)[] = [];
  let last: PeopleChange | undefined;
  let people: People | undefined = nobody;
  let isGood = false;

  const read = (object: PeopleConfigMap | undefined): PeopleChange => {
    if (object === undefined) {
      people = nobody;
      isGood = false;
      return { type: 'Removed' };
    }
    const text = object.data?.[PEOPLE_MAP.key];
    const parsed =
      text === undefined
        ? { ok: false as const, problems: [{ path: '', message: `has no key ${PEOPLE_MAP.key}` }] }
        : parsePeopleMap(text);
    if (!parsed.ok) {
      if (!isGood) people = undefined;
      return { type: 'Refused', object, problems: parsed.problems, kept: isGood };
    }
    people = createPeople(parsed.map);
    isGood = true;
    return { type: 'Read', people: parsed.map.people.length, templates: parsed.map.templates.length };
  };
  maps.onChange((_key, object) => {
    last = read(object);
    for (const callback of callbacks) callback(last);
  });
  return {
    now: () => (isFresh() ? people : undefined),
    onChange: (callback) => {
      callbacks.push(callback);
      if (last !== undefined) callback(last);
    },
  };
}
