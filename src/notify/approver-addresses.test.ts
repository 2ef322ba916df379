import { expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../test/builders/approval-request.ts';
import { createPeople, type PersonEntry } from '../core/people/people.ts';
import { approverAddresses } from './approver-addresses.ts';

const person = (name: string, more: Partial<PersonEntry> = {}): PersonEntry => ({
  person: name,
  usernames: [name],
  emails: [`${name}@example.com`],
  slack: [],
  groups: [],
  agents: [],
  ...more,
});

const people = createPeople({
  people: [
    person('alice', { groups: ['sre'] }),
    person('bob', { groups: ['sre'], emails: ['bob@example.com', 'bob@home.example'] }),
    person('carol'),
    person('dave', { groups: ['leads'] }),
    person('erin', { usernames: ['oidc:erin'] }),
    person('frank', { usernames: [], groups: ['sre'] }),
    person('grace', { usernames: [] }),
    person('heidi', { usernames: [] }),
  ],
  templates: [],
});

const terms = policyTerms({
  stages: [
    stage('oncall', 1, [SRE, ...['carol', 'erin', 'grace'].map((name) => ({ kind: 'User' as const, name }))]),
    stage('leads', 1, [{ kind: 'Group', name: 'leads' }]),
  ],
});
const progress = (approved: number) => [
  { policy: terms.name, name: 'oncall', approved, required: 1, openedAt: '2026-01-01T00:00:00Z' },
  {
    policy: terms.name,
    name: 'leads',
    approved: 0,
    required: 1,
    ...(approved > 0 ? { openedAt: '2026-01-01T00:01:00Z' } : {}),
  },
];

const ONCALL = ['bob', 'carol', 'erin', 'frank', 'grace'].map((name) => `${name}@example.com`);

test.each([
  [
    'of the stage that is open, by group, by name and as a person, with a username or without, but not whoever asks',
    'Pending' as const,
    0,
    ONCALL,
  ],
  ['of the next stage when its turn has come', 'Pending' as const, 1, ['dave@example.com']],
  [
    'of all that were open when it has ended',
    'Approved' as const,
    1,
    [
      'bob@example.com',
      'carol@example.com',
      'dave@example.com',
      'erin@example.com',
      'frank@example.com',
      'grace@example.com',
    ],
  ],
])('addresses %s', (_, state, approved, expected) => {
  const request = approvalRequest({ policies: [terms] }, { state, stages: progress(approved) });
  expect(approverAddresses(request, people)).toEqual(expected);
});

test('addresses of who is named as a person, and of who has no username', () => {
  const map = createPeople({
    people: [person('Erin', { usernames: ['erin-k8s'] }), person('Finn', { usernames: [], groups: ['sre'] })],
    templates: [],
  });
  const named = policyTerms({ stages: [stage('oncall', 1, [SRE, { kind: 'User', name: 'Erin' }])] });
  const request = approvalRequest({ policies: [named] }, { state: 'Pending', stages: progress(0).slice(0, 1) });
  expect(approverAddresses(request, map)).toEqual(['Erin@example.com', 'Finn@example.com']);
});
