import { policyTerms, SRE, stage } from '../builders/approval-policy.ts';
import type { Approver, Subject } from '../../src/core/api/kinds.ts';
import type { CastUse } from '../../src/core/approval/approval-state.ts';
import { type Actor, REQUESTER, type Scenario } from './approval-scenario.ts';

const LEADS: Approver = { kind: 'Group', name: 'leads' };

const alice: Actor = {
  person: REQUESTER,
  username: REQUESTER,
  groups: ['sre', 'leads'],
  acts: ['Approve', 'Deny', 'Cancel', 'BreakGlass'],
};
/** The requester's other account. */
const aliceAdmin: Actor = { person: REQUESTER, username: 'alice-admin', groups: ['sre', 'leads'], acts: ['Approve'] };
const bob: Actor = { person: 'bob', username: 'bob', groups: ['sre'], acts: ['Approve', 'Deny', 'Revoke'] };
/** An approver's other account. */
const bobAdmin: Actor = { person: 'bob', username: 'bob-admin', groups: ['sre', 'leads'], acts: ['Approve', 'Deny'] };
const carol: Actor = { person: 'carol', username: 'carol', groups: ['sre'], acts: ['Approve', 'Deny', 'Cancel'] };
const dave: Actor = { person: 'dave', username: 'dave', groups: ['leads'], acts: ['Approve', 'Deny', 'Revoke'] };
const erin: Actor = { person: 'erin', username: 'erin', groups: ['leads', 'sre'], acts: ['Approve', 'Deny'] };
const mallory: Actor = {
  person: 'mallory',
  username: 'mallory',
  groups: ['developers'],
  acts: ['Approve', 'Deny', 'Revoke', 'BreakGlass', 'Acknowledge'],
};

const ALICE: Approver = { kind: 'User', name: REQUESTER };

/** A glass is the requester's to break, whoever else is named. */
const BREAKERS: Subject[] = [
  { kind: 'User', name: REQUESTER },
  { kind: 'User', name: 'bob' },
];

const TIMEOUT = 100;
const USE_WITHIN = 40;
const WINDOW = 80;
const ONCE = { type: 'Once', binding: 'Exact', useWithinSeconds: USE_WITHIN } as const;
const TWICE = {
  type: 'Window',
  binding: 'Exact',
  useWithinSeconds: USE_WITHIN,
  windowSeconds: WINDOW,
  maxUses: 2,
} as const;
/** What another policy grants together with the first does not count: the strictest wins. */
const MORE = { ...TWICE, useWithinSeconds: 2 * USE_WITHIN, windowSeconds: 2 * WINDOW, maxUses: 3 } as const;
const SINGLE_USE = { useWithin: USE_WITHIN, window: USE_WITHIN, maxUses: 1 };
const TWO_USES = { useWithin: USE_WITHIN, window: WINDOW, maxUses: 2 };

const exec: CastUse = { decision: 'exec', username: REQUESTER, credential: 'c1', targetUID: 't1', repeatable: false };
const write: CastUse = { ...exec, decision: 'write', repeatable: true };
const otherCredential: CastUse = { ...write, decision: 'other-credential', credential: 'c2' };

type Scenarios = Readonly<Record<string, Scenario>>;

/** Only one of the two lets its glass be broken. */
const ONE_BREAKABLE_OF_TWO = [
  policyTerms(
    {
      timeoutSeconds: TIMEOUT,
      grant: TWICE,
      breakGlass: { subjects: BREAKERS, maxWindowSeconds: 20 },
    },
    'breakable',
  ),
  policyTerms({ stages: [stage('leads', 1, [LEADS])], timeoutSeconds: 2 * TIMEOUT, grant: MORE }, 'firm'),
];

/** One feature each: they run with every test. */
export const SCENARIOS: Scenarios = {
  'Once, two of three': {
    terms: [policyTerms({ stages: [stage('oncall', 2)], timeoutSeconds: TIMEOUT, grant: ONCE })],
    actors: [alice, aliceAdmin, bob, bobAdmin, carol, { ...dave, groups: ['sre'] }, mallory],
    uses: [exec, write],
    moments: [0, 40, 44, 99, 100, 139],
    timeout: TIMEOUT,
    approved: SINGLE_USE,
    broken: SINGLE_USE,
  },
  'a window of two uses': {
    terms: [policyTerms({ timeoutSeconds: TIMEOUT, grant: TWICE })],
    actors: [alice, bob, carol, mallory],
    uses: [exec, write, otherCredential],
    moments: [0, 39, 40, 44, 79, 80, 119],
    timeout: TIMEOUT,
    approved: TWO_USES,
    broken: SINGLE_USE,
  },
  'two stages, the first of which escalates': {
    terms: [
      policyTerms({
        stages: [
          {
            ...stage('oncall', 1, [{ kind: 'User', name: 'bob' }]),
            escalateAfterSeconds: 30,
            escalateTo: [SRE, LEADS],
          },
          stage('leads', 1, [LEADS]),
        ],
        timeoutSeconds: TIMEOUT,
        grant: ONCE,
      }),
    ],
    actors: [alice, aliceAdmin, bob, bobAdmin, carol, dave],
    uses: [exec],
    moments: [0, 29, 30, 70, 99, 100, 139],
    timeout: TIMEOUT,
    approved: SINGLE_USE,
    broken: SINGLE_USE,
  },
  'a later stage that names people, one of whom could approve the first': {
    terms: [
      policyTerms({
        stages: [stage('oncall', 1), stage('second', 1, [{ kind: 'User', name: 'carol' }, ALICE])],
        timeoutSeconds: TIMEOUT,
        grant: ONCE,
      }),
    ],
    actors: [alice, bob, { ...carol, acts: ['Approve', 'Deny'] }],
    uses: [exec],
    moments: [0, 40, 100],
    timeout: TIMEOUT,
    approved: SINGLE_USE,
    broken: SINGLE_USE,
  },
  'two policies, one of which lets its glass be broken': {
    terms: ONE_BREAKABLE_OF_TWO,
    actors: [
      { ...alice, acts: ['Approve', 'Cancel', 'BreakGlass', 'Acknowledge'] },
      { ...bob, acts: ['Approve', 'BreakGlass', 'Acknowledge'] },
      { ...dave, acts: ['Approve', 'Deny'] },
      { ...mallory, acts: ['BreakGlass', 'Acknowledge'] },
    ],
    uses: [write],
    moments: [0, 19, 20, 100],
    timeout: TIMEOUT,
    approved: TWO_USES,
    broken: { useWithin: 20, window: 20, maxUses: 1 },
  },
};

/** The features together, with more people and more moments. */
export const LARGE_SCENARIOS: Scenarios = {
  'two of four, at more moments': {
    terms: [policyTerms({ stages: [stage('oncall', 2)], timeoutSeconds: TIMEOUT, grant: TWICE })],
    actors: [alice, aliceAdmin, bob, bobAdmin, carol, { ...dave, groups: ['sre'] }, mallory],
    uses: [exec, write],
    moments: [0, 39, 44, 80, 119],
    timeout: TIMEOUT,
    approved: TWO_USES,
    broken: SINGLE_USE,
  },
  'three of four': {
    terms: [policyTerms({ stages: [stage('oncall', 3)], timeoutSeconds: TIMEOUT, grant: ONCE })],
    actors: [alice, bob, bobAdmin, carol, { ...dave, groups: ['sre'] }, mallory],
    uses: [exec, write],
    moments: [0, 40, 44, 100],
    timeout: TIMEOUT,
    approved: SINGLE_USE,
    broken: SINGLE_USE,
  },
  'two stages of two and one that escalate, a window, and a glass to break': {
    terms: [
      policyTerms({
        stages: [
          { ...stage('oncall', 2), escalateAfterSeconds: 30, escalateTo: [LEADS] },
          { ...stage('leads', 1, [{ kind: 'User', name: 'dave' }]), escalateAfterSeconds: 30, escalateTo: [LEADS] },
        ],
        timeoutSeconds: TIMEOUT,
        grant: TWICE,
        breakGlass: { subjects: BREAKERS, maxWindowSeconds: 20 },
      }),
    ],
    actors: [alice, aliceAdmin, bob, carol, { ...dave, acts: ['Approve', 'Deny', 'Acknowledge'] }, erin],
    uses: [exec, write],
    moments: [0, 30, 60, 100],
    timeout: TIMEOUT,
    approved: TWO_USES,
    broken: { useWithin: 20, window: 20, maxUses: 1 },
  },
  'two policies, one of which lets its glass be broken, with everybody': {
    terms: ONE_BREAKABLE_OF_TWO,
    actors: [
      alice,
      aliceAdmin,
      { ...bob, acts: ['Approve', 'Deny', 'Acknowledge'] },
      { ...dave, acts: ['Approve', 'Revoke', 'Acknowledge'] },
      mallory,
    ],
    uses: [exec, write],
    moments: [0, 19, 20, 40, 99, 100],
    timeout: TIMEOUT,
    approved: TWO_USES,
    broken: { useWithin: 20, window: 20, maxUses: 1 },
  },
};
