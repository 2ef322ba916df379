import { describe, expect, test } from 'vitest';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import type { PolicyTerms } from '../api/kinds.ts';
import { type Grant, grantOf } from './grant.ts';

type Terms = PolicyTerms['terms']['grant'];

const once = (useWithinSeconds: number): Terms => ({ type: 'Once', binding: 'Exact', useWithinSeconds });
const window = (windowSeconds: number, maxUses: number, useWithinSeconds = 900): Terms => ({
  type: 'Window',
  binding: 'Exact',
  useWithinSeconds,
  windowSeconds,
  maxUses,
});
const malformed: Terms = { type: 'Window', binding: 'Exact', useWithinSeconds: 900 };

describe('what several policies grant together', () => {
  test.each<[string, readonly Terms[], string | undefined, Grant]>([
    ['one use', [once(60)], undefined, { type: 'Once', useWithinSeconds: 60 }],
    ['the shorter time of two', [once(60), once(30)], undefined, { type: 'Once', useWithinSeconds: 30 }],
    [
      'a window',
      [window(1800, 10)],
      undefined,
      { type: 'Window', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 10 },
    ],
    [
      'the shorter window and the fewer uses, whosever they are',
      [window(1800, 3, 60), window(600, 10, 300)],
      undefined,
      { type: 'Window', useWithinSeconds: 60, windowSeconds: 600, maxUses: 3 },
    ],
    [
      'one use where one policy says so',
      [window(1800, 10), once(60)],
      undefined,
      { type: 'Once', useWithinSeconds: 60 },
    ],
    ['one use where a window has no length', [malformed], undefined, { type: 'Once', useWithinSeconds: 900 }],
    [
      'no more than the requester asked for',
      [window(1800, 10)],
      '5m',
      { type: 'Window', useWithinSeconds: 300, windowSeconds: 300, maxUses: 10 },
    ],
    [
      'no more than the policy gives',
      [window(1800, 10)],
      '2h',
      { type: 'Window', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 10 },
    ],
    [
      'nothing for what is no duration',
      [window(1800, 10)],
      'soon',
      { type: 'Window', useWithinSeconds: 0, windowSeconds: 0, maxUses: 10 },
    ],
    [
      'no more uses than a request can keep',
      [window(1800, 1000)],
      undefined,
      { type: 'Window', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 64 },
    ],
  ])('%s', (_, grants, duration, expected) => {
    const terms = grants.map((grant, index) => policyTerms({ grant }, `p${index}`));
    expect(grantOf(terms, duration)).toEqual(expected);
  });

  test('without a policy there is no window', () => {
    expect(grantOf([]).type).toBe('Once');
  });
});
