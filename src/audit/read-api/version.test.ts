import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { positionOfVersion, versionOfAll } from './version.ts';

const ONE = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const OTHER = '0000001e-4f0e-4b7e-9d10-0c64d2f5a002';
const SAME_BEGINNING = '6a5e1c1e-0000-4b7e-9d10-0c64d2f5a003';

const positions = fc
  .uniqueArray(fc.tuple(fc.uuid(), fc.nat({ max: 9_999_999_999_999 })), {
    minLength: 1,
    maxLength: 12,
    selector: ([ledger]) => ledger.slice(0, 8),
  })
  .map((entries) => new Map(entries));

describe('the version of several ledgers', () => {
  test('is a number that says how far each is', () => {
    fc.assert(
      fc.property(positions, (all) => {
        const version = versionOfAll(all);
        expect(version).toMatch(/^[1-9]\d*$/);
        const position = positionOfVersion(version);
        for (const [ledger, seq] of all) expect(position?.(ledger)).toBe(seq);
      }),
    );
  });

  test('grows with each record, and with each ledger', () => {
    fc.assert(
      fc.property(positions, fc.uuid(), fc.integer({ min: 1, max: 1_000 }), (all, ledger, by) => {
        const seq = (all.get(ledger) ?? 0) + by;
        fc.pre([...all.keys()].every((each) => each === ledger || each.slice(0, 8) !== ledger.slice(0, 8)));
        expect(BigInt(versionOfAll(new Map([...all, [ledger, seq]])))).toBeGreaterThan(BigInt(versionOfAll(all)));
      }),
    );
  });

  test('of a ledger that was not there is before its first record; of two that look alike the smaller', () => {
    const position = positionOfVersion(versionOfAll(new Map([[ONE, 7]])));
    expect([position?.(ONE), position?.(OTHER)]).toEqual([7, 0]);
    const alike = positionOfVersion(
      versionOfAll(
        new Map([
          [ONE, 7],
          [SAME_BEGINNING, 3],
        ]),
      ),
    );
    expect([alike?.(ONE), alike?.(SAME_BEGINNING)]).toEqual([3, 3]);
  });

  test.each(['x', '1', '70000000000', '8', versionOfAll(new Map([[ONE, 7]])).replace(/^8/, '9')])(
    '%s is none: clients list again',
    (version) => {
      expect(() => positionOfVersion(version)).toThrow(expect.objectContaining({ code: 'Expired' }));
    },
  );

  test.each(['', '0'])('%j is from now on', (version) => {
    expect(positionOfVersion(version)).toBeUndefined();
  });
});
