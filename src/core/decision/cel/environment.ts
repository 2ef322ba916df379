import { Environment } from '@marcbachmann/cel-js';
import { VARIABLES } from './declarations.ts';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { MAX_BUILT_STRING, MAX_EXPRESSION_DEPTH, MAX_NODES, MAX_SPLIT_PARTS } from './limits.ts';
import { firstIndex, lastIndex, splitAt } from './search.ts';
import type { Pattern } from '../../api/re2.ts';

/** Patterns of one expression, by their text. Filled between parsing and evaluating. */
export type Patterns = Map<string, Pattern>;

/**
 * The language of a condition: Kubernetes' variables and the string functions that the engine lacks or gets wrong.
 * One environment serves one condition, so that nothing is shared between policies.
 */
export function createEnvironment(patterns: Patterns): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    // Kubernetes compares and mixes types freely: `x in ["a", 1]` is legal there.
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_EXPRESSION_DEPTH },
  });
  for (const name of VARIABLES) environment.registerVariable(name, 'dyn');

  const define = (signature: string, handler: (...values: never[]) => unknown): void => {
    environment.registerFunction(signature, handler, { async: false });
  };
  define('string.sallyport_matches(string): bool', (text: string, source: string) => {
    const pattern = patterns.get(source);
    if (pattern === undefined) throw new EvaluationLimitError('a pattern was not compiled');
    return pattern.test(text);
  });
  // The engine's own versions change letters outside ASCII, so that 'K' (Kelvin sign) would equal 'k'.
  define('string.sallyport_lowerAscii(): string', (text: string) => text.replace(/[A-Z]+/g, (s) => s.toLowerCase()));
  define('string.sallyport_upperAscii(): string', (text: string) => text.replace(/[a-z]+/g, (s) => s.toUpperCase()));
  define('string.sallyport_charAt(int): string', charAt);
  define('string.sallyport_contains(string): bool', (text: string, part: string) => firstIndex(text, part) !== -1);
  define('string.sallyport_indexOf(string): int', (text: string, part: string) => BigInt(firstIndex(text, part)));
  define('string.sallyport_indexOf(string, int): int', indexFrom);
  define('string.sallyport_lastIndexOf(string): int', (text: string, part: string) => BigInt(lastIndex(text, part)));
  define('string.sallyport_lastIndexOf(string, int): int', lastIndexFrom);
  define('string.sallyport_split(string): list<string>', (text: string, separator: string) =>
    split(text, separator, -1n),
  );
  define('string.sallyport_split(string, int): list<string>', split);
  define('list.sallyport_join(): string', (list: unknown[]) => join(list, ''));
  define('list.sallyport_join(string): string', join);
  define('string.sallyport_replace(string, string): string', (text: string, from: string, to: string) =>
    replace(text, from, to, -1n),
  );
  define('string.sallyport_replace(string, string, int): string', replace);
  return environment;
}

function charAt(text: string, index: bigint): string {
  if (index < 0n || index > BigInt(text.length)) throw new EvaluationLimitError('charAt() index is out of range');
  return text.charAt(Number(index));
}

function indexFrom(text: string, part: string, from: bigint): bigint {
  if (part === '') return from;
  if (from < 0n || from >= BigInt(text.length)) throw new EvaluationLimitError('indexOf() index is out of range');
  return BigInt(firstIndex(text, part, Number(from)));
}

function lastIndexFrom(text: string, part: string, from: bigint): bigint {
  if (part === '') return from;
  if (from < 0n || from >= BigInt(text.length)) throw new EvaluationLimitError('lastIndexOf() index is out of range');
  return BigInt(lastIndex(text, part, Number(from)));
}

function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  // One more than allowed shows that there were too many, without making them all.
  const parts = splitAt(text, separator, MAX_SPLIT_PARTS + 1);
  if (parts.length > MAX_SPLIT_PARTS) throw new EvaluationLimitError(`split() makes over ${MAX_SPLIT_PARTS} parts`);
  if (limit < 0n || BigInt(parts.length) <= limit) return parts;
  const head = Number(limit) - 1;
  return [...parts.slice(0, head), parts.slice(head).join(separator)];
}

function join(list: unknown[], separator: string): string {
  let length = separator.length * Math.max(0, list.length - 1);
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationLimitError('join() takes a list of strings');
    length += item.length;
  }
  assertBuiltLength(length);
  return list.join(separator);
}

function replace(text: string, from: string, to: string, limit: bigint): string {
  if (limit === 0n) return text;
  const parts = limit < 0n ? split(text, from, -1n) : split(text, from, limit + 1n);
  assertBuiltLength(text.length + Math.max(0, to.length - from.length) * (parts.length - 1));
  return parts.join(to);
}

function assertBuiltLength(length: number): void {
  if (length > MAX_BUILT_STRING) throw new EvaluationLimitError(`a string would exceed ${MAX_BUILT_STRING} characters`);
}
