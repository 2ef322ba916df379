import { beforeEach, describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import {
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
} from '../../../../test/builders/own-kinds.ts';
import type { ApprovalRequest, ApprovalVote, VoteDecision } from '../../../core/api/kinds.ts';
import { buildVote } from '../../../core/approval/act.ts';
import { stateOf } from '../../../core/approval/approval-state.ts';
import { foldVotes } from '../../../core/approval/fold-votes.ts';
import type { AccessQuestion } from '../../../ports/access-review.ts';
import { FakeAccessReview } from '../../../ports/fake-access-review.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from '../review-own-kinds.ts';

const BOB = userNamed('bob', ['sre']);
const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const ROBOT = { username: 'system:serviceaccount:ci:robot', person: 'system:serviceaccount:ci:robot' };
const STRICT = policyTerms({ separation: 'Strict' }, 'strict');

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
});

/** Ports over a request under these policies; `may` says which rights bob has. */
function portsWith(may: (question: AccessQuestion) => boolean, request: ApprovalRequest): OwnKindsPorts {
  world.approvals.put(request);
  return { ...world.ports, accessReview: new FakeAccessReview(may) };
}

async function stamped(request: ApprovalRequest, ports: OwnKindsPorts, decision: VoteDecision = 'Approve') {
  const vote = buildVote(request, 'bob', decision, undefined);
  const answer = await mutateOwnKinds(ports)(ownKindAttributes('approvalvotes', 'CREATE', vote, { user: BOB }), call);
  if (!answer.allowed) return answer.message;
  const patch = (answer.patch ?? []) as { path: string; value: object }[];
  return patch.reduce<ApprovalVote>((object, { path, value }) => ({ ...object, [path.slice(1)]: value }), vote);
}

async function castBy(request: ApprovalRequest, ports: OwnKindsPorts, decision: VoteDecision = 'Approve') {
  const vote = await stamped(request, ports, decision);
  if (typeof vote === 'string') return vote;
  const answer = await validateOwnKinds(ports)(ownKindAttributes('approvalvotes', 'CREATE', vote, { user: BOB }), call);
  return answer.allowed ? 'allowed' : answer.message;
}

const right = (verb: string, resource: string) => (question: AccessQuestion) =>
  question.verb === verb &&
  [question.group, `${question.resource}${question.subresource === '' ? '' : `/${question.subresource}`}`]
    .filter((part) => part !== '')
    .join('/') === resource;

describe('a strict policy', () => {
  const fromAlice = approvalRequest({ policies: [STRICT] });
  const fromRobot = approvalRequest({ policies: [STRICT], requester: ROBOT });

  const ways: Record<string, readonly [ApprovalRequest, (question: AccessQuestion) => boolean, RegExp]> = {
    'may impersonate its requester': [fromAlice, right('impersonate', 'users'), /impersonate user alice/],
    'may impersonate its requester for some verbs': [
      fromAlice,
      right('impersonate:user-info', 'authentication.k8s.io/users'),
      /impersonate user alice/,
    ],
    'may approve a client certificate of any name': [
      fromAlice,
      right('approve', 'certificates.k8s.io/signers'),
      /approve a certificate of the name alice/,
    ],
    'may impersonate the ServiceAccount': [
      fromRobot,
      right('impersonate', 'serviceaccounts'),
      /impersonate ServiceAccount ci\/robot/,
    ],
    'may mint its tokens': [fromRobot, right('create', 'serviceaccounts/token'), /create tokens of ServiceAccount ci/],
    'may create pods in its namespace': [fromRobot, right('create', 'pods'), /create pods in namespace ci/],
    'may create Deployments there': [fromRobot, right('create', 'apps/deployments'), /create deployments in/],
    'may exec into pods there': [fromRobot, right('create', 'pods/exec'), /exec into pods of namespace ci/],
    'may read Secrets there': [fromRobot, right('get', 'secrets'), /read Secrets of namespace ci/],
  };
  test.each(Object.entries(ways))('does not count who %s, and says so', async (_, [request, may, how]) => {
    const ports = portsWith(may, request);
    const answer = await castBy(request, ports);
    expect(answer).toMatch(how);
    expect(answer).toMatch(/^sallyport: bob could act as the requester .*policy strict counts only who cannot/);
    expect(answer).toContain('[sallyport code=NotSeparate request=prod/');
  });

  test.each([['alice', fromAlice] as const, ['a ServiceAccount', fromRobot] as const])(
    'counts who can in no way act as %s, and the vote says that it was asked',
    async (_, request) => {
      const ports = portsWith(() => false, request);
      expect(await castBy(request, ports)).toBe('allowed');
      const vote = await stamped(request, ports);
      expect(vote).toMatchObject({ spec: { separation: { checked: true } } });
      expect(vote).not.toHaveProperty('spec.separation.actsAs');
    },
  );

  test('asks about the voter, by name and where the requester is', async () => {
    const accessReview = new FakeAccessReview(() => false);
    world.approvals.put(fromRobot);
    await stamped(fromRobot, { ...world.ports, accessReview });
    expect(accessReview.asked.every(({ user }) => user.username === 'bob' && user.groups.includes('sre'))).toBe(true);
    expect(accessReview.asked).toContainEqual(
      expect.objectContaining({ resource: 'serviceaccounts', subresource: 'token', namespace: 'ci', name: 'robot' }),
    );
  });

  test('counts nobody while there is no answer', async () => {
    const accessReview = new FakeAccessReview(() => false);
    accessReview.failure = new Error('token=hunter2');
    world.approvals.put(fromAlice);
    const answer = await castBy(fromAlice, { ...world.ports, accessReview });
    expect(answer).toMatch(/cannot be asked now whether you could act as the requester; try again/);
    expect(answer).not.toContain('hunter2');
  });

  test('lets anybody who is listed say no, without a question', async () => {
    const accessReview = new FakeAccessReview(() => true);
    world.approvals.put(fromAlice);
    expect(await castBy(fromAlice, { ...world.ports, accessReview }, 'Deny')).toBe('allowed');
    expect(accessReview.asked).toEqual([]);
  });

  test('takes no word of the client for it', async () => {
    const ports = portsWith(() => true, fromAlice);
    const vote = buildVote(fromAlice, 'bob', 'Approve', undefined);
    const forged = { ...vote, spec: { ...vote.spec, separation: { checked: true } } };
    const answer = await mutateOwnKinds(ports)(
      ownKindAttributes('approvalvotes', 'CREATE', forged, { user: BOB }),
      call,
    );
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('spec.separation is not for you'),
    });
  });
});

describe('beside a strict policy', () => {
  const other = policyTerms({ stages: [stage('oncall', 1)] }, 'standard');

  test('one that is not asks nothing', async () => {
    const request = approvalRequest({ policies: [other] });
    const accessReview = new FakeAccessReview(() => true);
    world.approvals.put(request);
    expect(await castBy(request, { ...world.ports, accessReview })).toBe('allowed');
    expect(accessReview.asked).toEqual([]);
  });

  test('the vote counts for the other alone, and the request stays Pending', async () => {
    const request = approvalRequest({ policies: [STRICT, other] });
    const ports = portsWith(() => true, request);
    expect(await castBy(request, ports)).toBe('allowed');
    const vote = await stamped(request, ports);
    if (typeof vote === 'string') throw new Error(vote);
    const cast = { ...vote, metadata: { ...vote.metadata, uid: 'v', creationTimestamp: '2026-01-01T00:00:10Z' } };
    const status = foldVotes(request, [cast], Number.NEGATIVE_INFINITY);
    expect(status.approvals).toBe('0/1, 1/1');
    expect(stateOf({ status })).toBe('Pending');
  });
});

describe('[R15] when votes are counted again', () => {
  const request = approvalRequest({ policies: [STRICT] });
  const counted = (separation: NonNullable<ApprovalVote['spec']['separation']> | undefined) => {
    const vote = buildVote(request, 'bob', 'Approve', undefined);
    const spec = {
      ...vote.spec,
      voter: { username: 'bob', groups: ['sre'], person: 'bob' },
      via: 'Kubernetes' as const,
      ...(separation === undefined ? {} : { separation }),
    };
    const metadata = { ...vote.metadata, uid: 'v', creationTimestamp: '2026-01-01T00:00:10Z' };
    return stateOf({ status: foldVotes(request, [{ ...vote, metadata, spec }], Number.NEGATIVE_INFINITY) });
  };

  test('a strict policy counts only the one of which it was asked, and who cannot', () => {
    expect(counted({ checked: true })).toBe('Approved');
    expect(counted({ checked: true, actsAs: 'impersonate user alice' })).toBe('Pending');
    expect(counted({ checked: false })).toBe('Pending');
    expect(counted(undefined)).toBe('Pending');
  });
});
