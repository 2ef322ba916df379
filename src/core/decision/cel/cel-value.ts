import { isJsonObject } from '../../attributes/json.ts';
import type { Parts } from './accessed-parts.ts';
import { EvaluationLimitError } from './evaluation-limit-error.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';

/** A JSON value as the CEL engine wants it: objects are Maps, integers are BigInt. */
export type CelValue = null | boolean | string | number | bigint | readonly CelValue[] | ReadonlyMap<string, CelValue>;

/** How large a value is. The cost of a condition is estimated from it. */
export interface ValueSize {
  /** All values in it, itself included. */
  readonly values: number;
  /** Members of its largest list or object. */
  readonly collection: number;
  /** UTF-16 units of its longest string or key. */
  readonly string: number;
}

export interface MeasuredValue {
  readonly value: CelValue;
  readonly size: ValueSize;
}

/** int64, what a CEL `int` holds. */
const MAX_INT = 2 ** 63;

/**
 * Converts parsed JSON. Objects become Maps: own keys such as `__proto__` and `constructor` are then data like
 * any other. Integral numbers become BigInt, because in JSON `3` is an int for every CEL user.
 *
 * Throws EvaluationLimitError beyond MAX_VALUE_DEPTH levels.
 *
 * @param parts what is looked at: the rest is left out, and not measured
 */
export function toCelValue(json: unknown, parts: Parts = 'All'): MeasuredValue {
  let values = 0;
  let collection = 0;
  let string = 0;

  const convert = (input: unknown, depth: number): CelValue => {
    if (depth > MAX_VALUE_DEPTH)
      throw new EvaluationLimitError(`the object is nested deeper than ${MAX_VALUE_DEPTH} levels`);
    values += 1;
    if (typeof input === 'string') {
      string = Math.max(string, input.length);
      return input;
    }
    if (typeof input === 'number') return Number.isInteger(input) && Math.abs(input) < MAX_INT ? BigInt(input) : input;
    if (typeof input === 'boolean' || typeof input === 'bigint') return input;
    if (typeof input !== 'object' || input === null) return null;
    if (Array.isArray(input)) {
      collection = Math.max(collection, input.length);
      return input.map((item) => convert(item, depth + 1));
    }
    const map = new Map<string, CelValue>();
    for (const [key, member] of Object.entries(input)) {
      // JSON has no undefined: a key without a value is an absent key, has() must say so.
      if (member === undefined) continue;
      string = Math.max(string, key.length);
      map.set(key, convert(member, depth + 1));
    }
    collection = Math.max(collection, map.size);
    return map;
  };

  const convertParts = (input: unknown, wanted: Parts, depth: number): CelValue => {
    // What has no keys to look under fails in the engine as ever, whole.
    if (wanted === 'All' || !isJsonObject(input)) return convert(input, depth);
    values += 1;
    const map = new Map<string, CelValue>();
    for (const [key, below] of wanted) {
      const member: unknown = Object.hasOwn(input, key) ? input[key] : undefined;
      if (member === undefined) continue;
      string = Math.max(string, key.length);
      map.set(key, convertParts(member, below, depth + 1));
    }
    collection = Math.max(collection, map.size);
    return map;
  };

  const value = convertParts(json, parts, 0);
  return { value, size: { values, collection, string } };
}
