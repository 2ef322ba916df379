import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest, type Parts } from '../../test/builders/exec-request.ts';
import { achieves } from '../../test/harness/achieves.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import type { RequestStatus } from '../core/api/kinds.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
  harness.caller = { username: 'bob', groups: ['sre'] };
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** The names that a command lists, in its order. */
async function listed(flags: string, ...requests: readonly Parts[]): Promise<string[]> {
  for (const parts of requests) harness.put(execRequest(parts));
  const { code, out } = await harness.run(`list -n prod -o name ${flags}`);
  expect(code).toBe(0);
  return out.split('\n').flatMap((line) => line.split('/')[1] ?? []);
}

const BROKEN: RequestStatus = {
  state: 'Consumed',
  conditions: [{ type: 'BreakGlass', status: 'True', reason: 'r', message: 'm', lastTransitionTime: '' }],
};
const requester = (username: string, more: object = {}) => ({ spec: { requester: { username, ...more } } });

describe('list --mine', () => {
  it("has the caller's own requests, and those of their agents", async () => {
    const others = [
      { name: 'own', ...requester('bob') },
      { name: 'agents', ...requester('system:serviceaccount:ci:agent', { owner: 'bob' }) },
      { name: 'anothers', ...requester('alice') },
      { name: 'ended', ...requester('bob'), status: { state: 'Denied' } as const },
    ];
    expect(await listed('--mine', ...others)).toEqual(['agents', 'own']);
    expect(await listed('--mine --all')).toEqual(['agents', 'own', 'ended']);
  });

  it('has what they asked for under another name, where they may read the people map', async () => {
    harness.server.store.put('/api/v1/configmaps', {
      metadata: { name: 'sallyport-people', namespace: 'sallyport-system' },
      data: { 'people.yaml': 'people:\n- person: rob\n  usernames: [bob, bob@example.com]\n' },
    });
    const other = { name: 'other', ...requester('bob@example.com', { person: 'rob' }) };
    expect(await listed('--mine', other, { name: 'own', ...requester('bob') })).toEqual(['other', 'own']);
    expect(await listed('--waiting-for-me', other)).toEqual([]);
  });

  it('says that there are none', async () => {
    expect((await harness.run('list -n prod --mine')).err).toBe(
      'No open approval requests of yours in namespace prod. -A looks in all namespaces.\n',
    );
  });
});

describe('list --waiting-for-me', () => {
  const POLICIES = execRequest().spec.policies;
  const terms = (changed: object) => ({
    spec: { policies: POLICIES.map((policy) => ({ ...policy, terms: { ...policy.terms, ...changed } })) },
  });
  const group = (name: string) => [{ kind: 'Group', name }] as const;
  const stage = (name: string, of: string) => ({ name, required: 1, approvers: group(of) });
  const progress = (approved: number, more: object = {}) => ({
    stages: [{ policy: 'prod-shells', name: 'oncall', approved, required: 1, ...more }],
  });

  const CASES: Readonly<Record<string, readonly [Parts, waits: boolean]>> = {
    'whose open stage lists the caller': [{}, true],
    'whose stage lists another group': [terms({ stages: [stage('oncall', 'security')] }), false],
    'whose later stage lists the caller': [
      terms({ stages: [stage('first', 'security'), stage('oncall', 'sre')] }),
      false,
    ],
    'of their own': [requester('bob'), false],
    'of an agent of theirs': [requester('agent', { owner: 'bob' }), false],
    'that they have approved already': [
      {
        status: {
          ...progress(0),
          votes: [
            { uid: 'v', name: 'v', person: 'bob', username: 'bob', decision: 'Approve', via: 'Kubernetes', at: '' },
          ],
        },
      },
      false,
    ],
    'that is approved': [{ status: { state: 'Approved' } }, false],
    'whose time is over': [{ status: { expiresAt: '2026-01-01T10:00:00Z' } }, false],
    'that still lacks the reason that its policy asks for': [terms({ requireReason: true }), false],
    'that escalated to a group of theirs': [
      {
        ...terms({ stages: [{ ...stage('oncall', 'security'), escalateAfterSeconds: 10, escalateTo: group('sre') }] }),
        status: progress(0, { openedAt: '2026-01-01T10:00:00Z', escalatedAt: '2026-01-01T10:00:10Z' }),
      },
      true,
    ],
    'whose policy counts only who cannot act as the requester': [terms({ separation: 'Strict' }), true],
    'whose glass was broken, and nobody has looked': [{ status: BROKEN }, true],
    "whose glass was broken, and is another group's to look at": [
      { ...terms({ stages: [stage('oncall', 'security')] }), status: BROKEN },
      false,
    ],
  };
  it.each(Object.entries(CASES))('a request %s', async (_, [parts, waits]) => {
    expect(await listed('--waiting-for-me', parts)).toEqual(waits ? ['exec-web-0'] : []);
  });
});

describe('list --state', () => {
  it('has those of the states, ended or not, and no others', async () => {
    const [denied, approved] = [{ state: 'Denied' }, { state: 'Approved' }] as const;
    const names = await listed(
      '--state denied,Approved',
      {},
      { name: 'a', status: approved },
      { name: 'd', status: denied },
    );
    expect(names).toEqual(['a', 'd']);
  });

  it('names the states where it does not know one', async () => {
    const { code, err } = await harness.run('list --state Gone');
    expect(code).toBe(2);
    expect(err).toContain('It is one of Pending, Approved, Denied, Expired, Consumed, Revoked, Cancelled.');
  });
});

describe('list --watch', () => {
  it('prints the table, and then what changes of it in the same columns, its end too', async () => {
    harness.put(execRequest());
    const watching = harness.run('list -n prod --watch');
    await achieves('a watch', async () => expect(harness.server.watches).toBe(1));
    harness.put(execRequest({ name: 'z', status: { state: 'Denied' } }));
    harness.put(execRequest({ status: { state: 'Denied' } }));
    // The list after the watch is refused: the end.
    const body = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'no more' };
    harness.server.script = () => ({ type: 'Json', status: 403, body });
    harness.server.endWatches('End');
    const { code, out } = await watching;
    expect(code).toBe(1);
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' '))).toEqual([
      'NAME REQUESTER ACTION TARGET APPROVALS STATE EXPIRES AGE',
      'exec-web-0 alice exec ls "/a b" pods/web-0 (app) 0/1 Pending in 14m 60s',
      'exec-web-0 alice exec ls "/a b" pods/web-0 (app) 0/1 Denied - 60s',
      '',
    ]);
    expect(
      out
        .split('\n')
        .slice(0, 3)
        .map((line) => line.search(/STATE|Pending|Denied/)),
    ).toEqual(Array(3).fill(out.indexOf('STATE')));
  });
});
