import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { World, exec } from '../../../test/builders/enforcement-world.ts';
import { renderOutcome } from './review-gated-action.ts';

test('the audit event says which policies on trial would have done what', async () => {
  const world = new World();
  world.policies = [approvalPolicy({ mode: 'Warn' }, 'loud'), approvalPolicy({ mode: 'Audit' }, 'quiet')];
  expect(renderOutcome(await world.enforce(exec()))).toEqual({
    allowed: true,
    warnings: [
      expect.stringContaining('policy loud (mode Warn) would ask 1 of group sre for exec ls on prod/pods/web-0'),
    ],
    auditAnnotations: { decision: 'd1', code: 'WouldAsk', observed: 'loud,quiet' },
  });
});
