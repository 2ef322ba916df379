import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import { status } from '../../test/harness/versioned-store.ts';
import { voteName } from '../core/approval/act.ts';
import { reportIdentity } from './identity-report.ts';

const CONFIG_MAP = '/api/v1/namespaces/sallyport-system/configmaps/sallyport-people';
const MAP = {
  people: [
    { person: 'Bob', usernames: ['bob', 'bob-admin'], slack: ['T01A/U01A'], agents: ['robot'] },
    { person: 'zoe', slack: ['T01A/U02A'] },
  ],
  templates: [{ identity: 'Kubernetes', username: 'oidc:*', person: '*' }],
};

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** The API server answers a GET of the map so. */
function mapIs(code: number, body: object): void {
  const before = harness.server.script;
  harness.server.script = (request) =>
    request.path === CONFIG_MAP ? { type: 'Json', status: code, body } : before?.(request);
}
const configMap = (text: string) => ({ metadata: { name: 'sallyport-people' }, data: { 'people.yaml': text } });

describe('whoami', () => {
  test('says the person, their other identities and their agents', async () => {
    mapIs(200, configMap(stringify(MAP)));
    expect(await harness.run('whoami')).toEqual({
      code: 0,
      out: `username:  bob
groups:    (none)
person:    Bob
usernames: bob, bob-admin
slack:     T01A/U01A
agents:    robot
`,
      err: '',
    });
  });

  test.each<[string, number, object, RegExp]>([
    [
      'who may not read the map hears which Role lets them',
      403,
      status(403, 'Forbidden', 'no'),
      /not known: you may not read ConfigMap sallyport-system\/sallyport-people; Role sallyport-people-reader/,
    ],
    [
      'without a map everybody is their own username',
      404,
      status(404, 'NotFound', 'no'),
      /person: +bob \(there is no people map/,
    ],
    ['a map with mistakes is said to have them', 200, configMap('people: [{}]'), /has mistakes.*people\[0\]\.person: /],
    ['so is one without its key', 200, { metadata: { name: 'x' } }, /has mistakes.*has no key people\.yaml/],
    ['without an entry', 200, configMap('people: []'), /person: +bob \(no entry/],
  ])('%s', async (_, code, body, expected) => {
    mapIs(code, body);
    const result = await harness.run('whoami');
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toMatch(expected);
  });

  test('another error is an error', async () => {
    mapIs(500, status(500, 'InternalError', 'broken'));
    expect((await harness.run('whoami')).code).not.toBe(0);
  });

  test('another namespace', async () => {
    mapIs(200, configMap(stringify(MAP)));
    expect((await harness.run('whoami --system-namespace other')).out).not.toContain('bob-admin');
  });

  test('for machines', async () => {
    mapIs(200, configMap(stringify(MAP)));
    const { out } = await harness.run('whoami -o json');
    expect(JSON.parse(out)).toMatchObject({ username: 'bob', peopleMap: 'Read', person: 'Bob', by: 'Entry' });
    expect((await harness.run('whoami -o yaml')).out).toContain('person: Bob\n');
    expect((await harness.run('whoami -o wide')).err).toContain('-o wide is not for whoami');
  });

  test.each<[string, object]>([
    ['oidc:kim', { person: 'kim', by: 'Template', template: MAP.templates[0] }],
    ['robot', { person: 'robot', by: 'Entry', owner: 'Bob' }],
    ['zoe', { person: 'zoe', by: 'Username', contested: true }],
    ['oidc:zoe', { person: 'zoe', by: 'Template', contested: true, template: MAP.templates[0] }],
    ['kim', { person: 'kim', by: 'Username' }],
  ])('%s is told who they are, and nothing of others', (username, expected) => {
    const none = { emails: [], groups: [], slack: [], usernames: [], agents: [] };
    const people = MAP.people.map((entry) => ({ ...none, ...entry }));
    const templates = [{ identity: 'Kubernetes' as const, username: 'oidc:*', person: '*' }];
    const report = reportIdentity({ username, groups: [], extra: {} }, { state: 'Read', map: { people, templates } });
    expect(report).toEqual({ username, groups: [], peopleMap: 'Read', ...expected });
  });
});

describe('[R21] who is a person of several usernames', () => {
  test('votes under the name that the webhook asks for, at the second try', async () => {
    const { metadata } = harness.put(execRequest());
    const name = voteName({ name: 'exec-web-0', uid: metadata.uid ?? '' }, 'Bob', 'Approve');
    harness.counts = { state: 'Approved', approvals: '1/1', expiresAt: '2026-01-01T10:16:00Z' };
    const { script } = harness.server;
    let tries = 0;
    harness.server.script = (request) => {
      if (request.method !== 'POST' || !request.path.endsWith('/approvalvotes')) return script?.(request);
      tries += 1;
      const message = `admission webhook "x" denied the request: your vote must be named ${name} [sallyport code=VoteName name=${name}]`;
      return tries === 1 ? { type: 'Json', status: 403, body: status(403, 'Forbidden', message) } : script?.(request);
    };
    expect(await harness.run('approve --yes prod/exec-web-0')).toMatchObject({ code: 0 });
    expect(harness.votes().map((vote) => vote.metadata.name)).toEqual([name]);
  });

  test('but not at a third', async () => {
    const { metadata } = harness.put(execRequest());
    const named = (person: string) => voteName({ name: 'exec-web-0', uid: metadata.uid ?? '' }, person, 'Approve');
    const { script } = harness.server;
    let tries = 0;
    harness.server.script = (request) => {
      if (request.method !== 'POST' || !request.path.endsWith('/approvalvotes')) return script?.(request);
      tries += 1;
      const message = `no [sallyport code=VoteName name=${named(`Bob ${tries}`)}]`;
      return { type: 'Json', status: 403, body: status(403, 'Forbidden', message) };
    };
    expect(await harness.run('approve --yes prod/exec-web-0')).toMatchObject({ code: 1 });
    expect(tries).toBe(2);
  });
});
