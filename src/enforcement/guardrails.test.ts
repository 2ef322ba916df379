import { expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { codeOf, messageOf, World } from '../../test/builders/enforcement-world.ts';

const guardrails = { deny: [{ name: 'no-ls', expression: "'ls' in exec.command", message: 'never by hand' }] };

test.each<[string, boolean]>([
  ['has been approved', true],
  ['has not been asked for', false],
])('what a guardrail refuses is neither asked for nor used when it %s, and says why', async (_, approved) => {
  const world = new World();
  if (approved) world.approve();
  const before = world.approvals.all();
  world.policies = [approvalPolicy({ guardrails })];
  const outcome = await world.enforce();
  expect(codeOf(outcome)).toBe('Denied Guardrail');
  expect(messageOf(outcome)).toBe(
    'never by hand (guardrail no-ls of policy prod-shells). NOT executed [sallyport code=Guardrail retry=false]',
  );
  expect(world.approvals.all()).toEqual(before);
  expect(world.recorder.recorded).toMatchObject([
    {
      verdict: 'Denied',
      code: 'Guardrail',
      policies: ['prod-shells'],
      detail: 'guardrail no-ls of policy prod-shells',
    },
  ]);

  world.policies = [approvalPolicy()];
  expect(codeOf(await world.enforce())).toBe(approved ? 'Allowed Approved' : 'Asked ApprovalRequired');
});
