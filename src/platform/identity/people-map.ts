import { type Document, isScalar, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import type { PeopleMap, PersonEntry } from '../../core/people/people.ts';
import { namedTwice } from './named-twice.ts';
import { mapSchema, personSchema, templateSchema } from './people-schema.ts';

/** The name of the ConfigMap, and the key in it. The fence guards that name (controller/admission-fence/guarded.ts). */
export const PEOPLE_MAP = { name: 'sallyport-people', key: 'people.yaml' } as const;

/** A quarter of what a ConfigMap holds: while it is read, every replica answers nothing else. */
const MAX_CHARACTERS = 256 * 1024;
/** More problems than anybody mends at once, or an Event can hold. */
const MAX_PROBLEMS = 50;
/** A map is three deep: its readers call themselves for each bracket, and a stack has an end. */
const TOO_DEEP = /(?:[[{]\s*){16}|(?:[-?:][ \t]+){32}/;

const DEEP: PeopleProblem = { path: '', message: 'is nested too deeply' };

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
  if (TOO_DEEP.test(text)) return refused([DEEP]);
  // Of `uniqueKeys` the time grows with the square of the keys: keysTwice() sees to it.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return refused([DEEP]);
  const wrong = [
    ...document.errors.slice(0, MAX_PROBLEMS + 1).map(({ code, message, pos }) => ({
      at: pos[0],
      message: code === 'MULTIPLE_DOCS' ? 'another document begins: all of the map is one' : message,
    })),
    ...keysTwice(document),
  ];
  if (wrong.length > 0)
    return refused(
      wrong.slice(0, MAX_PROBLEMS + 1).map(({ at, message }) => ({ path: `line ${lineOf(text, at)}`, message })),
      Math.max(wrong.length, document.errors.length),
    );
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 0 });
  } catch {
    return refused([{ path: '', message: 'aliases are not allowed' }]);
  }
  // Nobody means to write nothing: it is what is left of a file that was cut off, and all would be strangers to each other.
  if (values === null || values === undefined)
    return refused([{ path: '', message: 'is empty; a map of nobody is written as people: []' }]);
  const whole = mapSchema.safeParse(values);
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
  const read: { readonly at: number; readonly value: T }[] = [];
  const problems: PeopleProblem[] = [];
  for (const [at, value] of values.entries()) {
    const result = schema.safeParse(value);
    if (result.success) read.push({ at, value: result.data });
    else problems.push(...problemsOf(result.error, [list, at]));
    // To word a problem takes longer than to read an entry.
    if (problems.length > MAX_PROBLEMS) break;
  }
  return { read, problems };
}

/** Keys that stand in one mapping already. */
function keysTwice(document: Document.Parsed): { readonly at: number; readonly message: string }[] {
  const found: { readonly at: number; readonly message: string }[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name))
          found.push({ at: key.range?.[0] ?? 0, message: `the key ${JSON.stringify(name)} stands there twice` });
        keys.add(name);
      }
      return found.length > MAX_PROBLEMS ? visit.BREAK : undefined;
    },
  });
  return found;
}

function problemsOf(error: z.ZodError, before: readonly PropertyKey[]): PeopleProblem[] {
  return error.issues.map(({ path, message }) => ({ path: pathText([...before, ...path]), message }));
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function refused(problems: readonly PeopleProblem[], all = problems.length): ParsedPeople {
  const more = all > MAX_PROBLEMS ? [{ path: '', message: 'and more' }] : [];
  return { ok: false, problems: [...problems.slice(0, MAX_PROBLEMS), ...more] };
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
