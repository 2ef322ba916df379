import { beforeEach, describe, expect, test } from 'vitest';
import { policyTerms, SRE, stage } from '../../../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../../test/builders/approval-vote.ts';
import {
  CONSOLE,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  SLACK,
  userNamed,
  WEBHOOK,
} from '../../../../test/builders/own-kinds.ts';
import { peopleOf } from '../../../../test/builders/people.ts';
import type { ApprovalRequest, ApprovalVote, UserInfo, VoteDecision } from '../../../core/api/kinds.ts';
import { buildVote } from '../../../core/approval/act.ts';
import type { OnBehalfOf, People } from '../../../core/people/people.ts';
import type { AccessQuestion } from '../../../ports/access-review.ts';
import { FakeAccessReview } from '../../../ports/fake-access-review.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from '../review-own-kinds.ts';

const PEOPLE = peopleOf(
  [
    { person: 'Alice', usernames: ['alice', 'alice-admin'], slack: ['T01/UALICE'], groups: ['sre'], agents: ['robot'] },
    {
      person: 'Bob',
      usernames: ['bob', 'bob-admin'],
      slack: ['T01/UBOB'],
      emails: ['bob@example.com'],
      groups: ['sre'],
    },
    { person: 'Carol', usernames: ['carol'], slack: ['T01/UCAROL'] },
    { person: 'zoe', slack: ['T01/UZOE'], groups: ['sre'] },
  ],
  [{ identity: 'OIDC', username: '*@example.com', person: '*' }],
);
const slack = (id: string, more: Partial<OnBehalfOf> = {}): OnBehalfOf => ({ kind: 'Slack', id: `T01/${id}`, ...more });
const oidc = (id: string, more: Partial<OnBehalfOf> = {}): OnBehalfOf => ({ kind: 'OIDC', id, ...more });
const sre = (name: string) => userNamed(name, ['sre']);
const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

let world: OwnKindsWorld;
let request: ApprovalRequest;
let people: People | undefined;
let ports: OwnKindsPorts;
beforeEach(() => {
  world = ownKindsWorld();
  request = world.approvals.put(approvalRequest());
  people = PEOPLE;
  ports = { ...world.ports, settings: { ...world.ports.settings, people: () => people } };
});

interface Cast {
  readonly by: UserInfo;
  readonly onBehalfOf?: OnBehalfOf;
  readonly decision?: VoteDecision;
  /** As whom the name of the vote says. */
  readonly person?: string;
}

const vote = ({ by, onBehalfOf, decision = 'Approve', person = by.username }: Cast): ApprovalVote => {
  const built = buildVote(request, person, decision, undefined);
  return { ...built, spec: { ...built.spec, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) } };
};

/** Both reviews, as the API server makes them. */
async function judged(cast: Cast): Promise<string | ApprovalVote['spec']> {
  const review = (object: ApprovalVote) => ownKindAttributes('approvalvotes', 'CREATE', object, { user: cast.by });
  const mutated = await mutateOwnKinds(ports)(review(vote(cast)), call);
  if (!mutated.allowed) return mutated.message;
  const patch = (mutated.patch ?? []) as { path: string; value: object }[];
  const stamped = patch.reduce((object, { path, value }) => ({ ...object, [path.slice(1)]: value }), vote(cast));
  const validated = await validateOwnKinds(ports)(review(stamped), call);
  return validated.allowed ? stamped.spec : validated.message;
}

const by = (channel: string) => userNamed(channel, ['system:serviceaccounts']);

describe('[R22] a vote that a channel brings', () => {
  test.each<[string, Cast, object]>([
    [
      'of Slack is one of the person whom the map has',
      { by: by(SLACK), onBehalfOf: slack('UBOB', { slackGroups: ['oncall'] }), person: 'Bob' },
      {
        voter: { username: 'bob', groups: ['sre'], person: 'Bob', slackGroups: ['oncall'] },
        via: 'Slack',
        assurance: 'Any',
      },
    ],
    [
      'of the console is one of whoever is signed in',
      { by: by(CONSOLE), onBehalfOf: oidc('bob-admin', { groups: ['leads'] }), person: 'Bob' },
      {
        voter: { username: 'bob-admin', groups: ['leads', 'sre'], person: 'Bob' },
        via: 'Console',
        assurance: 'Console',
      },
    ],
    [
      'by a template, with the groups of their token',
      { by: by(CONSOLE), onBehalfOf: oidc('dave@example.com', { groups: ['sre'] }), person: 'dave' },
      {
        voter: { username: 'dave@example.com', groups: ['sre'], person: 'dave' },
        via: 'Console',
        assurance: 'Console',
      },
    ],
  ])('%s', async (_, cast, stamps) => {
    expect(await judged(cast)).toMatchObject({ ...stamps, onBehalfOf: cast.onBehalfOf, seal: 'v1.seal' });
  });

  test.each<[string, Cast, RegExp]>([
    [
      'groups come from the map, never from Slack',
      { by: by(SLACK), onBehalfOf: slack('UCAROL', { groups: ['sre'] }), person: 'Carol' },
      /code=NotAnApprover/,
    ],
    [
      'who has no entry does not vote',
      { by: by(SLACK), onBehalfOf: slack('UNOBODY'), person: 'x' },
      /people map.*\[sallyport code=NoEntry\]/,
    ],
    [
      'nor of another team',
      { by: by(SLACK), onBehalfOf: { kind: 'Slack', id: 'T02/UBOB' }, person: 'Bob' },
      /code=NoEntry/,
    ],
    ['nor who is signed in without one', { by: by(CONSOLE), onBehalfOf: oidc('dave'), person: 'dave' }, /code=NoEntry/],
    [
      'a template that comes to somebody else`s entry is nobody',
      { by: by(CONSOLE), onBehalfOf: oidc('zoe@example.com'), person: 'zoe' },
      /code=NoEntry/,
    ],
    [
      'an agent that signs in is nobody',
      { by: by(CONSOLE), onBehalfOf: oidc('robot'), person: 'robot' },
      /code=NoEntry/,
    ],
    [
      'alice with kubectl votes for nobody else',
      { by: sre('carol'), onBehalfOf: slack('UBOB'), person: 'Bob' },
      /onBehalfOf is for the identities of channels.*\[sallyport code=NotAChannel\]/,
    ],
    ['not even for herself', { by: sre('bob'), onBehalfOf: slack('UBOB'), person: 'Bob' }, /code=NotAChannel/],
    [
      'the Slack channel speaks for nobody of the console',
      { by: by(SLACK), onBehalfOf: oidc('bob'), person: 'Bob' },
      /code=NotAChannel/,
    ],
    ['nor the console for Slack', { by: by(CONSOLE), onBehalfOf: slack('UBOB'), person: 'Bob' }, /code=NotAChannel/],
    [
      'nor an enforcement point for anybody',
      { by: by(WEBHOOK), onBehalfOf: slack('UBOB'), person: 'Bob' },
      /code=NotAChannel/,
    ],
    [
      'who may impersonate the channel is not it',
      { by: userNamed(SLACK, ['system:masters']), onBehalfOf: slack('UBOB'), person: 'Bob' },
      /code=NotAChannel/,
    ],
    ['the channel itself is a ServiceAccount that nobody listed', { by: by(SLACK) }, /code=NotAnApprover/],
    [
      'its name is that of the person, so that each votes once',
      { by: by(SLACK), onBehalfOf: slack('UBOB'), person: 'bob' },
      /must be named exec-web-0-7f3c1a9e-approve-[0-9a-f]{16};.*\[sallyport code=VoteName name=exec-web-0-7f3c1a9e-approve-[0-9a-f]{16}\]/,
    ],
  ])('%s', async (_, cast, message) => {
    expect(await judged(cast)).toMatch(message);
  });

  test('[R23] where impersonation shows, the channel needs its credential id', async () => {
    ports = { ...ports, identities: { ...ports.identities, impersonationShows: true } };
    expect(await judged({ by: by(SLACK), onBehalfOf: slack('UBOB'), person: 'Bob' })).toMatch(/code=NotAChannel/);
    const extra = { 'authentication.kubernetes.io/credential-id': ['JTI=1'] };
    const own = { ...by(SLACK), extra };
    expect(await judged({ by: own, onBehalfOf: slack('UBOB'), person: 'Bob' })).toMatchObject({ via: 'Slack' });
  });
});

describe('[R21] a person', () => {
  const kubectl = (name: string, person: string, decision: VoteDecision = 'Approve'): Cast => ({
    by: sre(name),
    person,
    decision,
  });
  const clicked = (id: string, person: string, decision: VoteDecision = 'Approve'): Cast => ({
    by: by(SLACK),
    onBehalfOf: slack(id),
    person,
    decision,
  });
  const askedBy = (requester: object, policies = [policyTerms({ stages: [stage('oncall', 2)] })]) => {
    const asked = approvalRequest({ policies });
    request = world.approvals.put({ ...asked, spec: { ...asked.spec, requester: { username: 'dave', ...requester } } });
  };
  const hasVoted = (voter: { username: string; person: string }) =>
    void world.votes.push(approvalVote(request, 'Approve', voter));

  test('votes by kubectl as whom the map has', async () => {
    expect(await judged(kubectl('bob-admin', 'Bob'))).toMatchObject({
      voter: { username: 'bob-admin', person: 'Bob' },
    });
    expect(await judged(kubectl('bob-admin', 'bob-admin'))).toMatch(/code=VoteName/);
  });

  test.each<[string, Cast]>([
    ['by another username', kubectl('bob-admin', 'Bob')],
    ['by Slack', clicked('UBOB', 'Bob')],
    ['in the console', { by: by(CONSOLE), onBehalfOf: oidc('sub-1', { email: 'bob@example.com' }), person: 'Bob' }],
  ])('counts once: a second time %s is too often', async (_, cast) => {
    askedBy({ person: 'Dave' });
    hasVoted({ username: 'bob', person: 'Bob' });
    expect(await judged(cast)).toMatch(/Bob has voted already \[sallyport code=AlreadyVoted/);
  });

  test('counts once, though the map did not know yet that it is one', async () => {
    askedBy({ person: 'Dave' });
    hasVoted({ username: 'bob-admin', person: 'bob-admin' });
    expect(await judged(clicked('UBOB', 'Bob'))).toMatch(/by another name \[sallyport code=AlreadyVoted/);
    expect(await judged(clicked('UBOB', 'Bob', 'Revoke')), 'taking back is another act').toMatchObject({
      via: 'Slack',
    });
    expect(await judged(clicked('UZOE', 'zoe')), 'nobody else has').toMatchObject({ via: 'Slack' });
  });

  test.each<[string, object]>([
    ['as stamped', { username: 'alice', person: 'Alice' }],
    ['though the map did not know them yet', { username: 'alice-admin', person: 'alice-admin' }],
  ])('never approves what they asked for themselves, by no name: %s', async (_, requester) => {
    askedBy(requester);
    for (const cast of [kubectl('alice', 'Alice'), kubectl('alice-admin', 'Alice'), clicked('UALICE', 'Alice')])
      expect(await judged(cast)).toMatch(/code=SelfApproval/);
    expect(await judged(kubectl('bob', 'Bob'))).toMatchObject({ via: 'Kubernetes' });
  });

  test.each([
    ['asked for', () => askedBy({ username: 'Erin@Example.com', person: 'Erin@Example.com' }), /code=SelfApproval/],
    [
      'approved',
      () => {
        askedBy({ person: 'Dave' });
        hasVoted({ username: 'Erin@Example.com', person: 'Erin@Example.com' });
      },
      /code=AlreadyVoted/,
    ],
  ])('does not approve what they %s by a name in other letters', async (_, before, refusal) => {
    before();
    expect(await judged(kubectl('erin@example.com', 'erin@example.com'))).toMatch(refusal);
  });

  describe('whose ID token says a username that the map does not list', () => {
    const mailed = (decision: VoteDecision = 'Approve'): Cast => ({
      by: by(CONSOLE),
      onBehalfOf: oidc('sub-1', { email: 'bob@example.com' }),
      person: 'Bob',
      decision,
    });

    test.each<[string, object]>([
      ['what they asked for themselves by kubectl', { username: 'sub-1', person: 'sub-1' }],
      ['what their agent asked for', { username: 'robot', person: 'robot', owner: 'sub-1' }],
    ])('never approves %s', async (_, requester) => {
      askedBy(requester);
      expect(await judged(mailed())).toMatch(/code=SelfApproval/);
    });

    test('nor what they asked for by a name that a template makes one with it', async () => {
      people = peopleOf(
        [{ person: 'Bob', emails: ['bob@example.com'], groups: ['sre'] }],
        [
          { identity: 'Kubernetes', username: 'sub-*', person: 'p-*' },
          { identity: 'Kubernetes', username: 'cert-*', person: 'p-*' },
        ],
      );
      askedBy({ username: 'cert-1', person: 'p-1' });
      expect(await judged(mailed())).toMatch(/code=SelfApproval/);
    });

    test('counts once: by kubectl first', async () => {
      askedBy({ person: 'Dave' });
      hasVoted({ username: 'sub-1', person: 'sub-1' });
      expect(await judged(mailed())).toMatch(/code=AlreadyVoted/);
    });

    test('counts once: in the console first', async () => {
      askedBy({ person: 'Dave' });
      const first = approvalVote(request, 'Approve', { username: 'bob', person: 'Bob' });
      const spec = { ...first.spec, via: 'Console' as const, onBehalfOf: oidc('sub-1', { email: 'bob@example.com' }) };
      world.votes.push({ ...first, spec });
      expect(await judged(kubectl('sub-1', 'sub-1'))).toMatch(/code=AlreadyVoted/);
      expect(await judged(kubectl('sub-2', 'sub-2')), 'nobody else has').toMatchObject({ via: 'Kubernetes' });
    });
  });

  test('may take it back by another name', async () => {
    askedBy({ username: 'alice', person: 'Alice' });
    expect(await judged(clicked('UALICE', 'Alice', 'Cancel'))).toMatchObject({ via: 'Slack' });
  });

  test('may take it back under the name that they asked by, though the map has renamed them since', async () => {
    askedBy({ username: 'alice', person: 'alice' });
    expect(await judged(kubectl('alice', 'Alice', 'Cancel'))).toMatchObject({ decision: 'Cancel' });
    expect(await judged(kubectl('bob', 'Bob', 'Cancel'))).toMatch(/code=NotTheRequester/);
  });

  test.each<[string, object]>([
    ['as stamped', { username: 'robot', person: 'robot', class: 'Agent', owner: 'Alice' }],
    ['though the map did not know it yet', { username: 'robot', person: 'robot', class: 'Human' }],
  ])('never approves what their agent asked for: %s', async (_, requester) => {
    askedBy(requester);
    expect(await judged(clicked('UALICE', 'Alice'))).toMatch(/code=SelfApproval/);
    expect(await judged(clicked('UBOB', 'Bob'))).toMatchObject({ via: 'Slack' });
  });

  test('is no agent: it does not vote, but may take back what it asked for', async () => {
    askedBy({ username: 'robot', person: 'robot', class: 'Agent', owner: 'Alice' });
    for (const decision of ['Approve', 'Deny', 'Revoke', 'BreakGlass', 'Acknowledge'] as const)
      expect(await judged(kubectl('robot', 'robot', decision))).toMatch(/agent of Alice.*code=Agent/);
    expect(await judged(kubectl('robot', 'robot', 'Cancel'))).toMatchObject({ decision: 'Cancel' });
  });

  test('whose name an entry has that does not list them votes not', async () => {
    expect(await judged(kubectl('zoe', 'zoe'))).toMatch(/zoe of the people map has not zoe.*code=NoEntry/);
    askedBy({ username: 'zoe', person: 'zoe' });
    expect(await judged(kubectl('zoe', 'zoe', 'Cancel'))).toMatchObject({ decision: 'Cancel' });
  });

  test('whose name somebody else goes by keeps their requests: the other cancels their own alone', async () => {
    askedBy({ username: 'alice', person: 'Alice' });
    expect(await judged(kubectl('Alice', 'Alice', 'Cancel'))).toMatch(/code=NotTheRequester/);
    askedBy({ username: 'Alice', person: 'Alice' });
    expect(await judged(kubectl('Alice', 'Alice', 'Cancel'))).toMatchObject({ voter: { person: 'Alice' } });
  });

  test('is nobody while the map cannot be read: all votes are refused', async () => {
    people = undefined;
    for (const cast of [
      kubectl('bob', 'Bob'),
      kubectl('bob', 'bob'),
      clicked('UBOB', 'Bob'),
      clicked('UBOB', 'Bob', 'Deny'),
    ])
      expect(await judged(cast)).toMatch(/cannot read who is who.*code=PeopleUnknown/);
  });

  test('may be the one whom a policy names', async () => {
    askedBy({ person: 'Dave' }, [policyTerms({ stages: [stage('one', 1, [{ kind: 'User', name: 'Carol' }])] })]);
    expect(await judged({ ...clicked('UCAROL', 'Carol') })).toMatchObject({ voter: { username: 'carol' } });
  });

  test.each<[string, Cast]>([
    ['by kubectl', kubectl('bob', 'Bob')],
    ['by Slack', clicked('UBOB', 'Bob')],
    ['in the console', { by: by(CONSOLE), onBehalfOf: oidc('sub-1', { email: 'bob@example.com' }), person: 'Bob' }],
  ])('does not count for strict separation where another name of theirs may be the requester: %s', async (_, cast) => {
    askedBy({ username: 'dave', person: 'Dave' }, [
      policyTerms({ separation: 'Strict', stages: [stage('s', 1, [SRE])] }),
    ]);
    for (const name of ['bob-admin', ...(cast.onBehalfOf?.kind === 'OIDC' ? ['sub-1'] : [])]) {
      const review = new FakeAccessReview(({ user, verb }) => user.username === name && verb === 'impersonate');
      ports = { ...ports, accessReview: review };
      expect(await judged(cast)).toMatch(/impersonate user dave.*code=NotSeparate/);
    }
  });

  test('[R20] is asked about for strict separation, and not the channel', async () => {
    askedBy({ username: 'dave', person: 'Dave' }, [
      policyTerms({ separation: 'Strict', stages: [stage('s', 1, [SRE])] }),
    ]);
    const asked: AccessQuestion[] = [];
    const review = new FakeAccessReview((question) => {
      asked.push(question);
      return false;
    });
    ports = { ...ports, accessReview: review };
    expect(await judged(clicked('UBOB', 'Bob'))).toMatchObject({ separation: { checked: true } });
    expect(new Set(asked.map(({ user }) => `${user.username} ${user.groups.join()}`))).toEqual(
      new Set(['bob sre,system:authenticated', 'bob-admin system:authenticated']),
    );
  });
});
