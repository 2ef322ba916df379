import canonicalize from 'canonicalize';
import type { Change } from '../api/kinds.ts';
import { type Json, type JsonObject, isJsonObject } from './json.ts';

/** The reference tokens of a JSON pointer (RFC 6901 §3, §4); undefined where it is none, or is that of the whole document. */
export function pointerTokens(pointer: string): readonly string[] | undefined {
  if (!/^(?:\/(?:[^~/]|~[01])*)+$/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The object without the values at these JSON pointers: what an approval of its creation does not bind. */
export function withoutPaths(object: JsonObject, paths: readonly string[]): JsonObject {
  const left = pruned(object, paths);
  return isJsonObject(left) ? left : {};
}

/**
 * The changes of an UPDATE with those at or below an ignored path as its bare path: that something changes there is bound,
 * to what is not. A change of a container that holds such a path (annotations where there were none) is taken apart, so
 * that the first change of a value is like every later one.
 *
 * @param paths JSON pointers, none below another
 */
export function withoutValues(changes: readonly Change[], paths: readonly string[]): Change[] {
  const bare = new Set<string>();
  const bound = changes.flatMap((change) => {
    const at = paths.find((path) => change.path === path || change.path.startsWith(`${path}/`));
    if (at !== undefined) {
      bare.add(at);
      return [];
    }
    const below = paths.filter((path) => path.startsWith(`${change.path}/`));
    return below.length === 0 ? [change] : takenApart(change, below, bare);
  });
  const rest = bound.filter(({ path }) => !bare.has(path));
  return [...rest, ...[...bare].map((path) => ({ path }))].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The values of an object at these JSON pointers, as they are to be: two writes under one approval that differ there are
 * two. What was there before is not part of it, so that the same write is the same over what others wrote meanwhile.
 */
export function valuesAt(object: JsonObject, paths: readonly string[]): Json {
  return paths.map((path) => [path, at(object, pointerTokens(path) ?? []) ?? null]);
}

/** Whether a change says where, and not what: any value is approved there. */
export function isAnyValue(change: Change): boolean {
  return change.old === undefined && change.new === undefined;
}

function takenApart(change: Change, paths: readonly string[], bare: Set<string>): Change[] {
  const before = parsed(change.old);
  const after = parsed(change.new);
  const relative = paths.map((path) => path.slice(change.path.length));
  for (const path of relative) {
    const tokens = pointerTokens(path) ?? [];
    if (canonical(bindable(before, tokens)) !== canonical(bindable(after, tokens))) bare.add(change.path + path);
  }
  const old = canonical(before === undefined ? undefined : pruned(before, relative));
  const next = canonical(after === undefined ? undefined : pruned(after, relative));
  if (old === next) {
    // An empty container that comes or goes is a change at the path, too.
    if (!paths.some((path) => bare.has(path))) for (const path of paths.slice(0, 1)) bare.add(path);
    return [];
  }
  return [{ path: change.path, ...(old === undefined ? {} : { old }), ...(next === undefined ? {} : { new: next }) }];
}

/** A null in a list may be what stands there for a value that was taken out. */
function bindable(value: Json | undefined, tokens: readonly string[]): Json | undefined {
  const found = at(value, tokens);
  return found === null && Array.isArray(at(value, tokens.slice(0, -1))) ? undefined : found;
}

function pruned(value: Json, paths: readonly string[]): Json | undefined {
  return paths.reduce<Json | undefined>(
    (left, path) => (left === undefined ? undefined : without(left, pointerTokens(path) ?? [''])),
    value,
  );
}

/**
 * Containers that hold nothing else go with the value, and so does an empty one: the API server keeps none. An element of a list becomes null: its neighbours keep their places.
 */
function without(value: Json, [token, ...rest]: readonly string[]): Json | undefined {
  if (token === undefined) return undefined;
  if (Array.isArray(value)) {
    const list: readonly Json[] = value;
    const found = own(list, token);
    return found === undefined ? list : list.with(Number(token), without(found, rest) ?? null);
  }
  const found = own(value, token);
  if (found === undefined) return isJsonObject(value) && Object.keys(value).length === 0 ? undefined : value;
  const left = without(found, rest);
  const entries = Object.entries(value as JsonObject).flatMap(([key, each]) => {
    if (key !== token) return [[key, each] as const];
    return left === undefined ? [] : [[key, left] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function at(value: Json | undefined, tokens: readonly string[]): Json | undefined {
  return tokens.reduce<Json | undefined>((each, token) => (each === undefined ? undefined : own(each, token)), value);
}

/** RFC 6901 §4: an index has no leading zero, and `length` is no index. */
function own(value: Json, token: string): Json | undefined {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d{0,8})$/.test(token) ? (value[Number(token)] as Json) : undefined;
  return isJsonObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

/** Text that is not JSON (only a hand-written request can have it) stays as it is, and then matches no review. */
function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function canonical(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalize(value);
}
