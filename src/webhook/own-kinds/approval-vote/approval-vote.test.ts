import { beforeEach, describe, expect, test } from 'vitest';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../../test/builders/approval-vote.ts';
import {
  COLLECTOR,
  CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
} from '../../../../test/builders/own-kinds.ts';
import { policyTerms, SRE, stage } from '../../../../test/builders/approval-policy.ts';
import { verifies } from '../../../../test/harness/verifies.ts';
import type { ApprovalRequest, ApprovalVote, UserInfo, VoteDecision } from '../../../core/api/kinds.ts';
import { buildVote } from '../../../core/approval/act.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { mutateOwnKinds, validateOwnKinds } from '../review-own-kinds.ts';

const BOB: UserInfo = userNamed('bob', ['sre']);
const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

let world: OwnKindsWorld;
let request: ApprovalRequest;
beforeEach(() => {
  world = ownKindsWorld();
  request = world.approvals.put(approvalRequest());
});

function cast(vote: ApprovalVote, user = BOB, overrides: Partial<Attributes> = {}): Attributes {
  return ownKindAttributes('approvalvotes', 'CREATE', vote, { user, ...overrides });
}

/** As the API server shows it to the validating review: after our patch. */
async function stamped(vote: ApprovalVote, user = BOB): Promise<ApprovalVote> {
  const answer = await mutateOwnKinds(world.ports)(cast(vote, user), call);
  if (!answer.allowed) throw new Error(answer.message);
  const patch = (answer.patch ?? []) as { op: string; path: string; value: object }[];
  return patch.reduce((object, { path, value }) => ({ ...object, [path.slice(1)]: value }), vote);
}

async function judged(attributes: Attributes, review = validateOwnKinds(world.ports)): Promise<string> {
  const answer = await review(attributes, call);
  return answer.allowed ? 'allowed' : `${answer.status} ${answer.reason}: ${answer.message}`;
}

async function castBy(user: UserInfo, decision: VoteDecision): Promise<string> {
  return await judged(cast(await stamped(buildVote(request, user.username, decision, undefined), user), user));
}

describe('[R23] an impersonated vote, which has no credential id,', () => {
  const seeing = (): ReturnType<typeof validateOwnKinds> =>
    validateOwnKinds({ ...world.ports, identities: { ...world.ports.identities, impersonationShows: true } });
  const credentials = (...ids: string[]): UserInfo => ({
    ...BOB,
    extra: { 'authentication.kubernetes.io/credential-id': ids },
  });
  const castSeen = async (user: UserInfo, decision: VoteDecision = 'Approve') =>
    await judged(cast(await stamped(buildVote(request, user.username, decision, undefined), user), user), seeing());

  test.each<VoteDecision>(['Approve', 'Deny'])('is refused, and the setting is named: %s', async (decision) => {
    for (const user of [BOB, credentials(), credentials('')])
      expect(await castSeen(user, decision)).toMatch(/credential-id.*impersonated.*identities\.impersonation/);
  });

  test('is taken where the credential id is there, and where none is given to anybody', async () => {
    expect(await castSeen(credentials('X509SHA256=aa'))).toBe('allowed');
    expect(await castBy(BOB, 'Approve')).toBe('allowed');
  });
});

describe('a vote', () => {
  test('is stamped with who casts it, how, and its request as its owner', async () => {
    const vote = await stamped(buildVote(request, 'bob', 'Approve', 'looks right'));
    expect(vote.spec).toEqual({
      request: 'exec-web-0-7f3c1a9e',
      requestUID: 'request-uid',
      digest: request.spec.digest,
      decision: 'Approve',
      reason: 'looks right',
      voter: { username: 'bob', groups: ['sre'], person: 'bob' },
      via: 'Kubernetes',
      assurance: 'Kubernetes',
      seal: 'v1.seal',
    });
    expect(vote.metadata).toMatchObject({
      ownerReferences: [
        {
          apiVersion: 'sallyport.dev/v1alpha1',
          kind: 'ApprovalRequest',
          name: 'exec-web-0-7f3c1a9e',
          uid: 'request-uid',
        },
      ],
    });
    expect(await judged(cast(vote))).toBe('allowed');
  });

  const forged: Record<string, readonly [Partial<ApprovalVote['spec']>, RegExp]> = {
    'another voter': [{ voter: { username: 'carol' } }, /spec.voter is not what it would be/],
    'groups that the voter is not in': [
      { voter: { username: 'bob', person: 'bob', groups: ['sre', 'leads'] } },
      /spec.voter is not what it would be/,
    ],
    'another channel': [{ via: 'Slack' }, /spec.via is not what it would be/],
    'more assurance': [{ assurance: 'Console' }, /spec.assurance is not what it would be/],
    'a seal': [{ seal: 'x' }, /spec.seal is not for you/],
  };
  test.each(Object.entries(forged))('that claims %s is refused', async (_sentence, [spec, message]) => {
    const vote = buildVote(request, 'bob', 'Approve', undefined);
    const attributes = cast({ ...vote, spec: { ...vote.spec, ...spec } });
    expect(await judged(attributes, mutateOwnKinds(world.ports))).toMatch(message);
    expect(await judged(attributes)).toMatch(/not stamped with who casts it/);
  });

  test('[R20] a denial of which mutating admission made an approval is refused, though all its stamps are true', async () => {
    const approval = await stamped(buildVote(request, 'bob', 'Approve', undefined));
    expect(await judged(cast(approval))).toBe('allowed');
    const name = buildVote(request, 'bob', 'Deny', undefined).metadata.name ?? '';
    expect(await judged(cast(approval, BOB, { name }))).toMatch(/must be named/);
  });

  const changed: Record<string, readonly [(vote: ApprovalVote) => ApprovalVote, RegExp]> = {
    'whose stamps are gone is refused': [
      ({ spec: { voter, ...spec }, ...vote }) => ({ ...vote, spec }),
      /not stamped with who casts it/,
    ],
    'for a request that is not there is refused': [
      (vote) => ({ ...vote, spec: { ...vote.spec, request: 'other' } }),
      /there is no ApprovalRequest prod\/other/,
    ],
    '[R20] for a request that was replaced is refused': [
      (vote) => ({ ...vote, spec: { ...vote.spec, requestUID: 'older' } }),
      /another uid/,
    ],
    '[R20] for another digest than the one that was shown is refused': [
      (vote) => ({ ...vote, spec: { ...vote.spec, digest: `sha256:${'e'.repeat(64)}` } }),
      /another digest/,
    ],
    'under another name, with which a person could vote twice, is refused': [
      (vote) => ({ ...vote, metadata: { ...vote.metadata, name: 'mine' } }),
      /must be named exec-web-0-7f3c1a9e-approve-[0-9a-f]{16};/,
    ],
    'under the name of another act is refused': [
      (vote) => ({ ...vote, metadata: { ...buildVote(request, 'bob', 'Revoke', undefined).metadata } }),
      /must be named/,
    ],
    'with a generated name is refused': [
      ({ metadata: { name, ...metadata }, ...vote }) =>
        ({ ...vote, metadata: { ...metadata, generateName: 'v-' } }) as never,
      /must be named/,
    ],
    'with a finalizer is refused': [
      (vote) => ({ ...vote, metadata: { ...vote.metadata, finalizers: ['a/b'] } }),
      /finalizers is not for you/,
    ],
    'with a second owner is refused': [
      (vote) => ({ ...vote, metadata: { ...vote.metadata, ownerReferences: [{ uid: 'x' }] } }) as never,
      /ownerReferences is not for you/,
    ],
    'without its owner is refused': [
      (vote) => ({ ...vote, metadata: { ...vote.metadata, ownerReferences: [] } }),
      /ownerReferences is not for you/,
    ],
  };
  test.each(Object.entries(changed))('%s', async (_sentence, [change, message]) => {
    const vote = await stamped(buildVote(request, 'bob', 'Approve', undefined));
    // The owner follows what the vote names, as our own patch would have it.
    const next = change(vote);
    const { request: name, requestUID: uid } = next.spec;
    const owners = [{ apiVersion: 'sallyport.dev/v1alpha1', kind: 'ApprovalRequest', name, uid }];
    const kept = _sentence.includes('owner')
      ? next
      : { ...next, metadata: { ...next.metadata, ownerReferences: owners } };
    expect(await judged(cast(kept, BOB, { namespace: 'prod' }))).toMatch(message);
  });

  const acts: Record<string, readonly [UserInfo, VoteDecision, string | RegExp]> = {
    'of an approver who approves counts': [BOB, 'Approve', 'allowed'],
    'of an approver who denies counts': [BOB, 'Deny', 'allowed'],
    'of the requester who cancels counts': [userNamed('alice'), 'Cancel', 'allowed'],
    '[R21] of the requester who approves is refused, in whatever group': [
      userNamed('alice', ['sre']),
      'Approve',
      /nobody approves their own request \[sallyport code=SelfApproval request=prod\/exec-web-0-7f3c1a9e\]/,
    ],
    'of somebody whom no stage lists is refused': [userNamed('eve', ['dev']), 'Approve', /code=NotAnApprover/],
    'of cluster-admin is refused': [userNamed('admin', ['system:masters']), 'Approve', /code=NotAnApprover/],
    'of somebody whom no stage lists, who denies, is refused': [userNamed('eve'), 'Deny', /code=NotAnApprover/],
    '[R21] of a ServiceAccount in a group that is listed is refused': [
      userNamed('system:serviceaccount:prod:bot', ['sre']),
      'Approve',
      /code=NotAnApprover/,
    ],
    'of an approver who cancels for the requester is refused': [BOB, 'Cancel', /code=NotTheRequester/],
    'that acknowledges where nothing broke glass is refused': [BOB, 'Acknowledge', /code=NothingToAcknowledge/],
  };
  test.each(Object.entries(acts))('%s', async (_sentence, [user, decision, expected]) => {
    expect(await castBy(user, decision)).toMatch(expected);
  });

  test.each(['Denied', 'Expired', 'Consumed', 'Revoked', 'Cancelled'] as const)(
    'on a request that is %s is refused',
    async (state) => {
      request = world.approvals.put({ ...request, status: { state } });
      expect(await castBy(BOB, 'Approve')).toMatch(/code=Ended/);
    },
  );

  test('after the time of the request is refused, before the controller has said so', async () => {
    await world.clock.advance(3_600_000);
    expect(await castBy(BOB, 'Approve')).toMatch(/code=Ended|code=Expired/);
  });

  test('after one that is known but not counted yet is judged with it', async () => {
    world.votes = [approvalVote(request, 'Deny', { username: 'carol' })];
    expect(await castBy(BOB, 'Approve')).toMatch(/code=Ended/);
  });

  test('for a stage that is not open yet is refused', async () => {
    const terms = policyTerms({ stages: [stage('one', 1, [{ kind: 'User', name: 'carol' }]), stage('two', 1, [SRE])] });
    request = world.approvals.put(approvalRequest({ policies: [terms] }));
    expect(await castBy(BOB, 'Approve')).toMatch(/code=StageNotOpen/);
  });

  test('of somebody in more groups than a vote keeps is stamped with as many as it keeps', async () => {
    const many = userNamed('bob', ['sre', ...Array.from({ length: 600 }, (_, at) => `g${at}`)]);
    const vote = await stamped(buildVote(request, 'bob', 'Approve', undefined), many);
    expect(vote.spec.voter?.groups).toHaveLength(512);
    expect(await judged(cast(vote, many))).toBe('allowed');
  });
});

describe('a vote that is stored', () => {
  const vote = () => approvalVote(request, 'Approve', { username: 'bob' });
  const change = (after: ApprovalVote, username: string) =>
    ownKindAttributes('approvalvotes', 'UPDATE', after, { oldObject: vote() as never, user: userNamed(username) });

  test('is never changed, not even by its voter or by the controller', async () => {
    const other = { ...vote(), spec: { ...vote().spec, decision: 'Deny' as const } };
    for (const username of ['bob', CONTROLLER, COLLECTOR, 'kubernetes-admin']) {
      expect(await judged(change(other, username))).toMatch(/never changed/);
    }
  });

  test('is the garbage collector’s to unlink, and nobody else’s', async () => {
    expect(await judged(change(vote(), COLLECTOR))).toBe('allowed');
    expect(await judged(change(vote(), 'bob'))).toMatch(/never changed/);
  });

  test.each([
    ['retention', CONTROLLER, 'allowed'],
    ['the garbage collector', COLLECTOR, 'allowed'],
    ['its voter', 'bob', /is evidence/],
    ['the requester', 'alice', /is evidence/],
    ['cluster-admin', 'kubernetes-admin', /is evidence/],
  ])(`${verifies('R20')}and deleted by %s`, async (_sentence, username, expected) => {
    const attributes = ownKindAttributes('approvalvotes', 'DELETE', null, {
      oldObject: vote() as never,
      user: userNamed(username),
    });
    expect(await judged(attributes)).toMatch(expected);
  });
});
