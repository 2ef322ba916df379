import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { createPeople, NOBODY_MAPPED } from '../../core/people/people.ts';
import { parsePeopleMap, PEOPLE_MAP } from './people-map.ts';

const problemsOf = (text: string | object): string[] => {
  const parsed = parsePeopleMap(typeof text === 'string' ? text : stringify(text));
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
};
const people = (...entries: object[]) => ({ people: entries.map((entry, at) => ({ person: `p${at}`, ...entry })) });
const template = (fields: object) => ({
  templates: [{ identity: 'OIDC', username: 'oidc:*@example.com', person: '*', ...fields }],
});

describe('[R21] a people map', () => {
  test.each<[string, string | object]>([
    ['without anybody', 'people: []'],
    [
      'with every field',
      people({ usernames: ['a'], emails: ['a@b'], slack: ['T01A/U01A'], groups: ['g'], agents: ['x'] }),
    ],
    ['with a ServiceAccount as agent', people({ agents: ['system:serviceaccount:ai:bot'] })],
    ['with a person of their own username', { people: [{ person: 'alice', usernames: ['alice'] }] }],
    [
      'with a person of their own email and username',
      { people: [{ person: 'a@b', usernames: ['a@b'], emails: ['a@b'] }] },
    ],
    ['with templates', template({})],
  ])('%s is read', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test('what it says is what it means', () => {
    expect(parsePeopleMap('people: [{person: bob, slack: [T01A/U02B]}]')).toEqual({
      ok: true,
      map: {
        people: [{ person: 'bob', usernames: [], emails: [], slack: ['T01A/U02B'], groups: [], agents: [] }],
        templates: [],
      },
    });
  });

  test.each<[string, string | object, string]>([
    ['that is empty', '', ': is empty; a map of nobody is written as people: []'],
    ['that is null', 'null', ': is empty'],
    ['of nothing but a comment', '# to do', ': is empty'],
    ['nested without end', '['.repeat(20_000), ': is nested too deeply'],
    ['of lists in lists in one line', '- '.repeat(20_000), ': is nested too deeply'],
    ['nested with something between', '[a,'.repeat(20_000), ': is nested too deeply'],
    ['of two documents', 'people: []\n---\npeople: []', 'line 2: another document begins: all of the map is one'],
    ['that is no YAML', 'people: [', 'line 1: '],
    ['with a key twice', 'people: []\npeople: []', 'line 2: '],
    ['with aliases', 'people: [&a {person: x}, *a]', ': aliases are not allowed'],
    ['that is too long', `#${'x'.repeat(600_000)}`, ': is longer than 262144 characters'],
    ['that is a list', [], ': '],
    ['with a key of its own', { ...people(), persons: [] }, ': Unrecognized key: "persons"'],
    ['with a field of its own', people({ slackId: 'x' }), 'people[0]: Unrecognized key: "slackId"'],
    ['with a number for a name', { people: [{ person: 7 }] }, 'people[0].person: '],
    ['with nobody', { people: [{ person: '' }] }, 'people[0].person: '],
    [
      'with too many usernames',
      people({ usernames: Array.from({ length: 33 }, (_, at) => `u${at}`) }),
      'people[0].usernames: ',
    ],
    ['with too long a name', people({ usernames: ['x'.repeat(1025)] }), 'people[0].usernames[0]: '],
    [
      'with a hidden character',
      people({ usernames: ['a\u200Bb'] }),
      'people[0].usernames[0]: has a character that cannot be seen',
    ],
    ['with a blank at the end', people({ groups: ['sre '] }), 'people[0].groups[0]: begins or ends with a blank'],
    [
      'with a component as a person',
      people({ usernames: ['system:admin'] }),
      'people[0].usernames[0]: a system: user is not a person',
    ],
    [
      'with a component as an agent',
      people({ agents: ['system:node:a'] }),
      'people[0].agents[0]: of the system: users',
    ],
    ['with a component`s name', { people: [{ person: 'system:x' }] }, 'people[0].person: system: names'],
    [
      'with everybody as a group',
      people({ groups: ['system:authenticated'] }),
      'people[0].groups[0]: is not a group of people',
    ],
    [
      'with all of a namespace',
      people({ groups: ['system:serviceaccounts:ci'] }),
      'people[0].groups[0]: is not a group of people',
    ],
    ['with no email', people({ emails: ['alice'] }), 'people[0].emails[0]: is not an email address'],
    ['with a Slack id without its team', people({ slack: ['U0456'] }), 'people[0].slack[0]: is not the id'],
    ['with a Slack id of no user', people({ slack: ['T0123/B0456'] }), 'people[0].slack[0]: is not the id'],
    [
      'with a person twice',
      { people: [{ person: 'a' }, { person: 'a' }] },
      'people[1].person: "a" stands at people[0].person already',
    ],
    [
      'with a username twice',
      people({ usernames: ['a'] }, { usernames: ['a'] }),
      'people[1].usernames[0]: "a" stands at people[0].usernames[0] already',
    ],
    ['with a username twice in one entry', people({ usernames: ['a', 'a'] }), 'people[0].usernames[1]: "a" stands at'],
    [
      'with an email in two cases',
      people({ emails: ['A@b'] }, { emails: ['a@B'] }),
      'people[1].emails[0]: "a@b" stands at people[0].emails[0] already',
    ],
    ['with a Slack id twice', people({ slack: ['T01A/U01A'] }, { slack: ['T01A/U01A'] }), 'people[1].slack[0]: '],
    ['with an agent of two', people({ agents: ['a'] }, { agents: ['a'] }), 'people[1].agents[0]: '],
    [
      'with an agent that is a person`s',
      people({ usernames: ['a'] }, { agents: ['a'] }),
      'people[1].agents[0]: "a" stands at people[0].usernames[0] already',
    ],
    ['with an agent that is its owner', people({ usernames: ['a'], agents: ['a'] }), 'people[0].agents[0]: '],
    [
      'with a person of another`s username',
      people({ usernames: ['p1'] }, {}),
      'people[1].person: "p1" is the username of somebody else (people[0].usernames[0])',
    ],
    [
      'with a person of an agent`s name',
      people({ agents: ['p0'] }),
      'people[0].person: "p0" is the username of an agent',
    ],
    [
      'with an email of another`s username',
      people({ usernames: ['a@B'] }, { emails: ['A@b'] }),
      'people[1].emails[0]: "a@b" is the username of somebody else',
    ],
    [
      'with a template without a star',
      template({ username: 'oidc:x' }),
      'templates[0].username: needs exactly one star',
    ],
    ['with a template of two', template({ username: '*:*' }), 'templates[0].username: needs exactly one star'],
    ['with a template of everybody', template({ username: '*' }), 'templates[0].username: is everybody'],
    ['with a template of one person', template({ person: 'x' }), 'templates[0].person: needs exactly one star'],
    ['with a person of two stars', template({ person: '**' }), 'templates[0].person: needs exactly one star'],
    ['with a template of components', template({ username: 'system:*' }), 'templates[0].username: a system: user'],
    ['with a template that makes components', template({ person: 'system:*' }), 'templates[0].person: system: names'],
    ['with a template of another kind', template({ identity: 'Slack' }), 'templates[0].identity: '],
    ['with too many templates', { templates: Array.from({ length: 33 }, () => ({})) }, 'templates: '],
  ])('%s is refused', (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems[0] ?? '').toContain(problem);
  });

  test('the example is one, and means what it says', () => {
    const text = readFileSync(new URL('../../../examples/people.yaml', import.meta.url), 'utf8');
    const { metadata, data } = parse(text) as { metadata: object; data: Record<string, string> };
    expect(metadata).toEqual({ name: PEOPLE_MAP.name, namespace: 'sallyport-system' });
    expect(Object.keys(data)).toEqual([PEOPLE_MAP.key]);
    const parsed = parsePeopleMap(data[PEOPLE_MAP.key] ?? '');
    const people = createPeople(parsed.ok ? parsed.map : NOBODY_MAPPED);
    const signedIn = { kind: 'OIDC', id: 'oidc:carol@example.com' } as const;
    expect([
      people.ofUsername('alice-admin'),
      people.ofUsername('system:serviceaccount:agents:alice-coder').owner,
      people.ofChannel({ kind: 'Slack', id: 'T0123ABCD/U0789IJKL' })?.groups,
      people.ofUsername('oidc:carol@example.com').person === people.ofChannel(signedIn)?.person,
    ]).toEqual([{ person: 'Alice Archer' }, 'Alice Archer', ['sre'], true]);
  });

  test('every problem is told at once', () => {
    const problems = problemsOf({ people: [{ person: 'a' }, { person: 7 }, { person: 'a' }], templates: [{}] });
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'people[1].person',
      'templates[0].identity',
      'templates[0].username',
      'templates[0].person',
      'people[2].person',
    ]);
  });

  test('but no more than can be read', () => {
    expect(problemsOf(people(...Array.from({ length: 200 }, () => ({ emails: ['x'] }))))).toEqual([
      ...Array.from({ length: 50 }, (_, at) => `people[${at}].emails[0]: is not an email address`),
      ': and more',
    ]);
    const lines = problemsOf('people:\n' + '- {person: a, person: b}\n'.repeat(200));
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([
      51,
      'line 2: the key "person" stands there twice',
      ': and more',
    ]);
  });

  test.each<[string, string]>([
    ['keys', `people:\n- {${Array.from({ length: 16_000 }, (_, at) => `k${at}: 1`).join(', ')}}`],
    ['mistakes of YAML', `people:\n${'- "x" y\n'.repeat(16_000)}`],
    ['mistakes of the map', `people:\n${'- {person: 7, x: 1}\n'.repeat(4_900)}`],
  ])('a great many %s hold up nothing', (_, text) => {
    const before = process.cpuUsage().user;
    expect(problemsOf(text).length).toBeGreaterThan(0);
    // In microseconds. With the square of what it reads it would take more than ten seconds.
    expect(process.cpuUsage().user - before).toBeLessThan(3_000_000);
  });
});
