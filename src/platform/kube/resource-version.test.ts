import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResourceVersions } from './resource-version.ts';

describe('resource versions', () => {
  it('compare as the numbers that they are, beyond what a double holds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 100n }), fc.bigInt({ min: 0n, max: 2n ** 100n }), (a, b) => {
        expect(Math.sign(compareResourceVersions(`${a}`, `${b}`))).toBe(a < b ? -1 : Number(a > b));
      }),
    );
  });

  it.each(['', '01', '-1', '1e3', 'abc', ' 1', '1\n'])('refuse %j', (version) => {
    expect(() => compareResourceVersions(version, '1')).toThrow(RangeError);
  });
});
