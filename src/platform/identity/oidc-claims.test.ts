import { describe, expect, test } from 'vitest';
import { type ClaimRules, identityOf, usernamePrefixOf } from './oidc-claims.ts';
import { OidcRefusedError } from './oidc-error.ts';

const RULES: ClaimRules = {
  usernameClaim: 'email',
  usernamePrefix: '',
  groupsClaim: 'groups',
  groupsPrefix: '',
  requireVerifiedEmail: true,
};
const LENIENT = { requireVerifiedEmail: false };
const ALICE = { email: 'alice@example.com', email_verified: true };

describe('who verified claims name', () => {
  test.each([
    [
      'the email address and its groups',
      { ...ALICE, groups: ['sre'] },
      {},
      { username: ALICE.email, email: ALICE.email, groups: ['sre'] },
    ],
    ['no groups', ALICE, {}, { username: ALICE.email, email: ALICE.email, groups: [] }],
    [
      'one group that is no list',
      { ...ALICE, groups: 'sre' },
      {},
      { username: ALICE.email, email: ALICE.email, groups: ['sre'] },
    ],
    [
      'prefixes, as the API server has them',
      { ...ALICE, groups: ['sre'] },
      { usernamePrefix: 'oidc:', groupsPrefix: 'oidc:' },
      { username: `oidc:${ALICE.email}`, email: ALICE.email, groups: ['oidc:sre'] },
    ],
    [
      'an address that nobody has verified is no address of theirs',
      { sub: '7', email: ALICE.email, email_verified: false },
      { usernameClaim: 'sub' },
      { username: '7', groups: [] },
    ],
    [
      'an address of which nothing is said is a username where that is allowed, and proves no more',
      { email: ALICE.email },
      LENIENT,
      { username: ALICE.email, groups: [] },
    ],
    [
      'an address of which nothing is said is no address of theirs, and does not keep out who has another username',
      { sub: '7', email: ALICE.email },
      { usernameClaim: 'sub' },
      { username: '7', groups: [] },
    ],
    [
      'groups of the cluster itself are not for a provider to give',
      { ...ALICE, groups: ['system:masters', 'sre', 'sre', ''] },
      {},
      { username: ALICE.email, email: ALICE.email, groups: ['sre'] },
    ],
    [
      'with a prefix they are no groups of the cluster',
      { ...ALICE, groups: ['system:masters'] },
      { groupsPrefix: 'oidc:' },
      { username: ALICE.email, email: ALICE.email, groups: ['oidc:system:masters'] },
    ],
  ])('%s', (_sentence, claims, rules, expected) => {
    expect(identityOf(claims, { ...RULES, ...rules })).toEqual(expected);
  });

  test.each([
    ['no username', { sub: '7' }, {}],
    ['an empty username', { email: '' }, {}],
    ['a username that is a number', { email: 7 }, {}],
    ['an address of which nothing is said', { email: ALICE.email }, {}],
    ['an address that is not verified', { ...ALICE, email_verified: false }, {}],
    ['an address that is not verified, whatever is required', { ...ALICE, email_verified: false }, LENIENT],
    ['an address that is verified in words only', { ...ALICE, email_verified: 'true' }, {}],
    ['a name of the cluster itself', { sub: 'system:admin' }, { usernameClaim: 'sub' }],
    ['a name that is too long', { sub: 'a'.repeat(1_025) }, { usernameClaim: 'sub' }],
    ['a group that is too long', { ...ALICE, groups: ['g'.repeat(1_025)] }, {}],
    ['more groups than a vote holds', { ...ALICE, groups: Array.from({ length: 513 }, (_, n) => `g${n}`) }, {}],
    ['groups that are no texts', { ...ALICE, groups: [{ name: 'sre' }] }, {}],
  ])('refused: %s', (_sentence, claims, rules) => {
    expect(() => identityOf(claims, { ...RULES, ...rules })).toThrow(OidcRefusedError);
  });
});

test.each<[string, string, string | undefined, string]>([
  ['none for email', 'email', undefined, ''],
  ['the issuer for another claim, whose values people may choose', 'preferred_username', undefined, 'https://id#'],
  ['what is written', 'sub', 'oidc:', 'oidc:'],
  ['none where that is written', 'sub', '-', ''],
])('[R21] the prefix of usernames is as the API server has it: %s', (_, usernameClaim, usernamePrefix, expected) => {
  expect(usernamePrefixOf({ issuer: 'https://id', usernameClaim, usernamePrefix })).toBe(expected);
});
