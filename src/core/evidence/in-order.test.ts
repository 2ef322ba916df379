import { describe, expect, test } from 'vitest';
import type { EvidenceKind } from './evidence-record.ts';
import { inOrder } from './in-order.ts';

type Made = readonly [kind: EvidenceKind, outcome: string, at: string, decision?: string];

/** All within a few seconds of one minute. */
function order(...made: readonly Made[]): readonly string[] {
  const items = made.map(([kind, outcome, at, decision], seq) => ({
    seq,
    kind,
    outcome,
    at: `2026-11-20T10:00:${at}Z`,
    ...(decision === undefined ? {} : { decision }),
  }));
  return inOrder(items, (item) => item).map(({ outcome, decision }) => `${outcome} ${decision ?? ''}`.trim());
}

describe('what is known to the second stands behind what caused it', () => {
  test('a request that is asked for, approved and used within one second', () => {
    expect(
      order(
        ['Use', 'Used', '07', 'a'],
        ['Request', 'Consumed', '07'],
        ['Vote', 'Approve', '07'],
        ['Request', 'Approved', '07'],
        ['AuditEvent', '201', '07.920', 'a'],
        ['Decision', 'Allowed', '07.897', 'a'],
        ['Request', 'Pending', '07'],
        ['Decision', 'Asked', '07.112', 'b'],
      ),
    ).toEqual(['Asked b', 'Pending', 'Approve', 'Approved', 'Allowed a', 'Used a', 'Consumed', '201 a']);
  });

  test('each use of a window stands behind its own decision', () => {
    expect(
      order(
        ['Use', 'Used', '07', 'b'],
        ['Use', 'Used', '07', 'a'],
        ['Decision', 'Allowed', '07.500', 'b'],
        ['Decision', 'Allowed', '07.100', 'a'],
      ),
    ).toEqual(['Allowed a', 'Used a', 'Allowed b', 'Used b']);
  });

  test('a use stands behind its decision, even one of the next second, and the end of the request behind both', () => {
    expect(
      order(['Use', 'Used', '07', 'a'], ['Request', 'Consumed', '07'], ['Decision', 'Allowed', '08.010', 'a']),
    ).toEqual(['Allowed a', 'Used a', 'Consumed']);
  });

  test('what happened in another second stays where it was', () => {
    expect(order(['Decision', 'Allowed', '08.100', 'a'], ['Vote', 'Revoke', '09'], ['Vote', 'Approve', '07'])).toEqual([
      'Approve',
      'Allowed a',
      'Revoke',
    ]);
  });
});
