import { expect, test } from 'vitest';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import { useWithinSeconds } from './break-glass.ts';

test('[R30] what is broken lasts its maxWindow, and no longer than the window of a policy that was satisfied', () => {
  const broken = policyTerms(
    { breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 1800 } },
    'a',
  );
  const grant = {
    type: 'Window' as const,
    binding: 'Exact' as const,
    useWithinSeconds: 900,
    windowSeconds: 300,
    maxUses: 3,
  };
  const progress = [{ policy: 'a', name: 'oncall', approved: 0, required: 1, brokenAt: '2026-01-01T00:00:00Z' }];
  expect(useWithinSeconds([broken], progress)).toBe(1800);
  expect(useWithinSeconds([broken, policyTerms({ grant }, 'b')], progress)).toBe(300);
});
