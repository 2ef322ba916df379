import canonicalize from 'canonicalize';
import type { Change } from '../api/kinds.ts';
import { type Json, isJsonObject } from './json.ts';

/** Every path at which two objects differ, in order of the path. Arrays are compared by position. */
export function changesBetween(before: Json, after: Json): Change[] {
  const changes: Change[] = [];
  collect(before, after, '', changes);
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function collect(before: Json | undefined, after: Json | undefined, path: string, changes: Change[]): void {
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) collect(own(before, key), own(after, key), `${path}/${escapeToken(key)}`, changes);
    return;
  }
  const old = before === undefined ? undefined : canonicalize(before);
  const next = after === undefined ? undefined : canonicalize(after);
  if (old === next) return;
  changes.push({ path, ...(old === undefined ? {} : { old }), ...(next === undefined ? {} : { new: next }) });
}

function isContainer(value: Json | undefined): value is readonly Json[] | { readonly [key: string]: Json } {
  return Array.isArray(value) || isJsonObject(value);
}

function own(container: readonly Json[] | { readonly [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(container, key) ? (container as { readonly [key: string]: Json })[key] : undefined;
}

/** RFC 6901 §3. */
function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
