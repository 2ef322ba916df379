import { parseDocument } from 'yaml';
import type { z } from 'zod';
import type { PeopleMap, PersonEntry } from '../../core/people/people.ts';
import { namedTwice } from './named-twice.ts';
import { mapSchema, personSchema, templateSchema } from './people-schema.ts';

/** The name of the ConfigMap, and the key in it. The fence guards that name (controller/admission-fence/guarded.ts). */
export const PEOPLE_MAP = { name: 'sallyport-people', key: 'people.yaml' } as const;

/** A ConfigMap holds a mebibyte; nobody looks through half of one. */
const MAX_CHARACTERS = 512 * 1024;
/** More problems than anybody mends at once. */
const MAX_PROBLEMS = 100;

export interface PeopleProblem {
  /** Such as `people[3].usernames[0]`; empty for the whole text. */
  readonly path: string;
  readonly message: string;
}

export type ParsedPeople =
  | { readonly ok: true; readonly map: PeopleMap }
  | { readonly ok: false; readonly problems: readonly PeopleProblem[] };

/** R21: the people map as somebody wrote it, YAML 1.2 without aliases (CVE-2019-11253). Never throws; all problems at once. */
export function parsePeopleMap(text: string): ParsedPeople {
  if (text.length > MAX_CHARACTERS)
    return refused([{ path: '', message: `is longer than ${MAX_CHARACTERS} characters` }]);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0)
    return refused(document.errors.map(({ message, pos }) => ({ path: `line ${lineOf(text, pos[0])}`, message })));
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 0 });
  } catch {
    return refused([{ path: '', message: 'aliases are not allowed' }]);
  }
  const whole = mapSchema.safeParse(values ?? {});
  if (!whole.success) return refused(problemsOf(whole.error, []));
  const people = readAll(whole.data.people, 'people', personSchema);
  const templates = readAll(whole.data.templates, 'templates', templateSchema);
  const entries = people.read.map(({ at, value }): readonly [number, PersonEntry] => [at, value]);
  const problems = [...people.problems, ...templates.problems, ...namedTwice(entries)];
  if (problems.length > 0) return refused(problems);
  return {
    ok: true,
    map: { people: people.read.map(({ value }) => value), templates: templates.read.map(({ value }) => value) },
  };
}

/** `people[3].usernames[0]: …`, one a line: for logs and Events. */
export function peopleProblemText({ path, message }: PeopleProblem): string {
  return path === '' ? message : `${path}: ${message}`;
}

interface Read<T> {
  readonly read: readonly { readonly at: number; readonly value: T }[];
  readonly problems: readonly PeopleProblem[];
}

function readAll<T>(values: readonly unknown[], list: string, schema: z.ZodType<T>): Read<T> {
  const results = values.map((value, at) => ({ at, result: schema.safeParse(value) }));
  return {
    read: results.flatMap(({ at, result }) => (result.success ? [{ at, value: result.data }] : [])),
    problems: results.flatMap(({ at, result }) => (result.success ? [] : problemsOf(result.error, [list, at]))),
  };
}

function problemsOf(error: z.ZodError, before: readonly PropertyKey[]): PeopleProblem[] {
  return error.issues.map(({ path, message }) => ({ path: pathText([...before, ...path]), message }));
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function refused(problems: readonly PeopleProblem[]): ParsedPeople {
  return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
