import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_NATIVE_COMPARISONS } from './limits.ts';
import { firstIndex, lastIndex, splitAt } from './search.ts';

/** Text that repeats itself, in which the parts are found, at a length that is no longer searched natively. */
const LONG = Math.ceil(Math.sqrt(MAX_NATIVE_COMPARISONS)) + 1;
const piece = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 });

test('what is searched in linear time is found where the language itself finds it', () => {
  const property = fc.property(piece, piece, fc.nat(3 * LONG), (inPart, between, from) => {
    const part = inPart.repeat(Math.ceil(LONG / inPart.length));
    const text = [part, part, part].join(between) + between;
    expect(firstIndex(text, part, from)).toBe(text.indexOf(part, from));
    expect(lastIndex(text, part, from)).toBe(text.lastIndexOf(part, from));
    expect(lastIndex(text, part)).toBe(text.lastIndexOf(part));
    expect(splitAt(text, part, 3)).toEqual(text.split(part, 3));
    expect(splitAt(text, part, 100)).toEqual(text.split(part, 100));
    expect(firstIndex(text, `${part}c`)).toBe(-1);
  });
  expect(() => fc.assert(property, { numRuns: 60 })).not.toThrow();
});
