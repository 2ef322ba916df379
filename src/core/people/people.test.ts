import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPeople, NOBODY_MAPPED, type OnBehalfOf, type PeopleMap, type PersonEntry } from './people.ts';
import { expandPattern } from './person-pattern.ts';

function entry(person: string, fields: Partial<PersonEntry> = {}): PersonEntry {
  return { person, usernames: [], emails: [], slack: [], groups: [], agents: [], ...fields };
}

const MAP: PeopleMap = {
  people: [
    entry('Alice', {
      usernames: ['alice@example.com', 'alice-admin'],
      emails: ['Alice.A@example.com'],
      slack: ['T01/U01'],
      groups: ['developers'],
      agents: ['agent-1', 'system:serviceaccount:ai:bot'],
    }),
    entry('bob', { slack: ['T01/U02'], groups: ['sre'], emails: ['bob@example.com', 'kelvink@example.com'] }),
  ],
  templates: [
    { identity: 'Kubernetes', username: 'oidc:*@example.com', person: '*' },
    { identity: 'OIDC', username: '*@example.com', person: '*' },
  ],
};

describe('[R21] who a Kubernetes user is', () => {
  test.each<[string, string, object]>([
    ['by their username', 'alice@example.com', { person: 'Alice' }],
    ['by another one', 'alice-admin', { person: 'Alice' }],
    ['by no other spelling of it, which is contested', 'Alice-Admin', { person: 'Alice', contested: true }],
    ['nor of letters of another width', 'ａlice-admin', { person: 'Alice', contested: true }],
    ['an agent is itself, and has an owner', 'agent-1', { person: 'agent-1', owner: 'Alice' }],
    [
      'so is a ServiceAccount',
      'system:serviceaccount:ai:bot',
      { person: 'system:serviceaccount:ai:bot', owner: 'Alice' },
    ],
    ['who has no entry is their own username', 'zoe', { person: 'zoe' }],
    ['or what a template makes of it', 'oidc:zoe@example.com', { person: 'zoe' }],
    ['not one for the console', 'zoe@example.com', { person: 'zoe@example.com' }],
    ['a template that comes to an entry is contested', 'oidc:bob@example.com', { person: 'bob', contested: true }],
    ['or to a username of one', 'oidc:alice-admin@example.com', { person: 'Alice', contested: true }],
    ['or to an agent of one', 'oidc:agent-1@example.com', { person: 'Alice', contested: true }],
    ['and so is a user of the name of an entry that does not list them', 'bob', { person: 'bob', contested: true }],
  ])('%s', (_, username, expected) => {
    expect(createPeople(MAP).ofUsername(username)).toEqual(expected);
  });

  test.each<[string, string, readonly string[]]>([
    ['those of their entry', 'Alice', ['alice@example.com', 'alice-admin', 'oidc:Alice@example.com', 'Alice']],
    ['and who may be them', 'bob', ['oidc:bob@example.com', 'bob']],
    ['what a template makes them of, and their own', 'zoe', ['oidc:zoe@example.com', 'zoe']],
    ['not those of somebody else', 'alice-admin', []],
    ['nothing of the cluster`s own but itself', 'system:zoe', ['system:zoe']],
  ])('whose usernames are %s', (_, person, usernames) => {
    const people = createPeople(MAP);
    expect(people.usernamesOf(person)).toEqual(usernames);
    for (const username of usernames) expect(people.ofUsername(username).person).toBe(person);
  });

  test('without a map everybody is their own username', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(createPeople(NOBODY_MAPPED).ofUsername(name)).toEqual({ person: name });
      }),
    );
  });
});

const alice = { person: 'Alice', username: 'alice@example.com', groups: ['developers'], slackGroups: [] };

describe('[R22] who acts by a channel', () => {
  test.each<[string, OnBehalfOf, object | undefined]>([
    ['a Slack id', { kind: 'Slack', id: 'T01/U01' }, alice],
    ['of another team is nobody', { kind: 'Slack', id: 'T02/U01' }, undefined],
    ['groups come from the map, never from Slack', { kind: 'Slack', id: 'T01/U01', groups: ['sre'] }, alice],
    ['nor does an email', { kind: 'Slack', id: 'T01/U09', email: 'alice.a@example.com' }, undefined],
    [
      'user groups of Slack are kept',
      { kind: 'Slack', id: 'T01/U01', slackGroups: ['sre-oncall'] },
      { ...alice, slackGroups: ['sre-oncall'] },
    ],
    [
      'an entry without a username votes as the person',
      { kind: 'Slack', id: 'T01/U02' },
      { person: 'bob', username: 'bob', groups: ['sre'], slackGroups: [] },
    ],
    ['a username of the console', { kind: 'OIDC', id: 'alice-admin' }, { ...alice, username: 'alice-admin' }],
    ['a verified email', { kind: 'OIDC', id: 'sub-1', email: 'ALICE.a@example.com' }, alice],
    [
      'groups of a verified token count too',
      { kind: 'OIDC', id: 'alice-admin', groups: ['sre', 'developers'] },
      { ...alice, username: 'alice-admin', groups: ['sre', 'developers'] },
    ],
    [
      'user groups of Slack never',
      { kind: 'OIDC', id: 'alice-admin', slackGroups: ['x'] },
      { ...alice, username: 'alice-admin' },
    ],
    ['nobody without entry', { kind: 'OIDC', id: 'zoe' }, undefined],
    ['no email is nobody`s', { kind: 'OIDC', id: 'zoe', email: '' }, undefined],
    [
      'a template',
      { kind: 'OIDC', id: 'zoe@example.com', groups: ['sre'] },
      { person: 'zoe', username: 'zoe@example.com', groups: ['sre'], slackGroups: [] },
    ],
    ['not one for kubectl', { kind: 'OIDC', id: 'oidc:zoe' }, undefined],
    ['a template that comes to an entry is nobody', { kind: 'OIDC', id: 'bob@example.com' }, undefined],
    [
      'a token that says two people is nobody',
      { kind: 'OIDC', id: 'alice-admin', email: 'bob@example.com' },
      undefined,
    ],
    [
      'an email of letters that only look the same',
      { kind: 'OIDC', id: 'x', email: 'kelvin\u{212A}@example.com' },
      undefined,
    ],
    ['nor another spelling of one', { kind: 'OIDC', id: 'BOB@example.com' }, undefined],
    ['an agent is nobody', { kind: 'OIDC', id: 'agent-1', email: 'alice.a@example.com' }, undefined],
  ])('%s', (_, claim, expected) => {
    expect(createPeople(MAP).ofChannel(claim)).toEqual(expected);
  });
});

describe('a template', () => {
  const pattern = { username: 'oidc:*@example.com', person: '*' };
  test.each<[string, string, string | undefined]>([
    ['takes what the star stands for', 'oidc:zoe@example.com', 'zoe'],
    ['not nothing', 'oidc:@example.com', undefined],
    ['not another end', 'oidc:zoe@example.com.evil', undefined],
    ['not another beginning', 'x-oidc:zoe@example.com', undefined],
    ['nothing of the cluster`s own', 'system:zoe', undefined],
    ['nor what would become that', 'oidc:system:serviceaccount:a:b@example.com', undefined],
  ])('%s', (_, username, expected) => {
    expect(expandPattern(pattern, username)).toBe(expected);
  });

  test('of two users never makes one person', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        const [one, two] = [a, b].map((star) => expandPattern(pattern, `oidc:${star}@example.com`));
        expect(one === undefined || (one === two) === (a === b)).toBe(true);
      }),
    );
  });
});
