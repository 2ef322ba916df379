import { nobodyMapped } from '../../test/builders/people.ts';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { ALICE, execAttributes } from '../../test/builders/attributes.ts';
import { NOW, SETTINGS, snapshot } from '../../test/builders/decision-world.ts';
import { TRUSTING } from '../../test/builders/seals.ts';
import { buildRequest } from './build-request.ts';
import type { UserInfo } from '../core/api/kinds.ts';
import { decide } from '../core/decision/decide.ts';

function asked(user: UserInfo, impersonationShows: boolean) {
  const settings = { ...SETTINGS, impersonationShows };
  const decision = decide(execAttributes({ user }), snapshot({ policies: [approvalPolicy()] }), settings, NOW);
  if (decision.verdict !== 'ApprovalRequired') throw new Error(decision.reason);
  return buildRequest(decision.gated, 'x', { seals: TRUSTING, people: nobodyMapped }).spec;
}

const AS_ALICE: UserInfo = { ...ALICE, extra: {} };

test('[R23] the request of an impersonated user says so, to requester and approver', () => {
  expect(asked(AS_ALICE, true)).toMatchObject({
    requester: { username: 'alice', impersonated: true },
    summary: { action: 'exec ls (impersonated)' },
  });
});

test.each([
  ['a user with a credential id', ALICE, true],
  ['anybody, where none is given', AS_ALICE, false],
])('%s is not taken for impersonated', (_, user, shows) => {
  const { requester, summary } = asked(user, shows);
  expect(requester).not.toHaveProperty('impersonated');
  expect(summary?.action).toBe('exec ls');
});

test('who impersonates asks for the same action: its fingerprint is the same', () => {
  expect(asked(AS_ALICE, true).fingerprint).toBe(asked(ALICE, true).fingerprint);
});
