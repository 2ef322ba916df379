import { type Arbitrary, array, constant, constantFrom, jsonValue, nat, oneof, tuple } from 'fast-check';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What a careless parser may take for something else. */
const INTERESTING: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1e300,
  '',
  '*',
  'exec',
  'CONNECT',
  'CREATE',
  'DELETE',
  'system:masters',
  'system:apiserver',
  'kube-system',
  '../..',
  'a\u0000b',
  '\u202Eexec',
  [],
  {},
  [null],
  { allowed: true },
];

type Path = readonly string[];

/** The text of `value` after one to four changes: fields dropped, replaced, renamed, moved; bytes flipped, cut, doubled. */
export function mutations(value: JsonValue): Arbitrary<string> {
  const paths = allPaths(value);
  const path = constantFrom(...paths);
  const structural = oneof(
    path.map((at) => (root: JsonValue) => edit(root, at, () => undefined)),
    tuple(path, oneof(constantFrom(...INTERESTING), jsonValue({ maxDepth: 2 }) as Arbitrary<JsonValue>)).map(
      ([at, next]) =>
        (root: JsonValue) =>
          edit(root, at, () => next),
    ),
    tuple(path, path).map(
      ([from, to]) =>
        (root: JsonValue) =>
          edit(root, to, () => valueAt(root, from)),
    ),
    tuple(path, constantFrom(upper, capital, padded)).map(
      ([at, rename]) =>
        (root: JsonValue) =>
          renamed(root, at, rename),
    ),
    path.map((at) => (root: JsonValue) => edit(root, at, (old) => [old ?? null, old ?? null])),
  );
  const textual = oneof(
    { weight: 6, arbitrary: constant((text: string) => text) },
    { weight: 1, arbitrary: nat().map((at) => (text: string) => text.slice(0, at % text.length)) },
    {
      weight: 1,
      arbitrary: tuple(nat(), constantFrom('"', '{', '}', ',', ':', '\\', '\u0000', ' ', '0', 'ﬁ')).map(
        ([at, character]) =>
          (text: string) => {
            const index = at % text.length;
            return text.slice(0, index) + character + text.slice(index + 1);
          },
      ),
    },
    {
      weight: 1,
      arbitrary: tuple(nat(), nat({ max: 40 })).map(([at, length]) => (text: string) => {
        const index = at % text.length;
        return text.slice(0, index + length) + text.slice(index);
      }),
    },
  );
  return tuple(array(structural, { minLength: 1, maxLength: 4 }), textual).map(([edits, last]) =>
    last(JSON.stringify(edits.reduce((root, change) => change(root) ?? null, value))),
  );
}

const upper = (key: string): string => key.toUpperCase();
const capital = (key: string): string => key.slice(0, 1).toUpperCase() + key.slice(1);
const padded = (key: string): string => `${key} `;

function allPaths(value: JsonValue, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return at.length === 0 ? [] : [at];
  const below = Object.entries(value).flatMap(([key, child]) => allPaths(child, [...at, key]));
  return at.length === 0 ? below : [at, ...below];
}

function valueAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return valueAt((value as { readonly [key: string]: JsonValue })[key], rest);
}

/** A copy with another value at the path; gone where that is undefined, unchanged where the path is gone. */
function edit(value: JsonValue, path: Path, change: (old: JsonValue | undefined) => JsonValue | undefined): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  if (typeof value !== 'object' || value === null) return value;
  const next = rest.length === 0 ? change(valueAt(value, [key])) : edit(valueAt(value, [key]) ?? null, rest, change);
  const entries = Object.entries(value).filter(([each]) => each !== key);
  const kept = next === undefined ? entries : [...entries, [key, next] as const];
  return Array.isArray(value) ? kept.map(([, child]) => child) : Object.fromEntries(kept);
}

function renamed(value: JsonValue, path: Path, rename: (key: string) => string): JsonValue {
  const old = valueAt(value, path);
  if (old === undefined) return value;
  const gone = edit(value, path, () => undefined);
  return edit(gone, [...path.slice(0, -1), rename(path.at(-1) ?? '')], () => old);
}
