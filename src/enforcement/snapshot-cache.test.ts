import { expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { approvalRequest, endedStatus } from '../../test/builders/approval-request.ts';
import { approvalVote } from '../../test/builders/approval-vote.ts';
import { sealsOf, TRUSTING } from '../../test/builders/seals.ts';
import { FakeWatched } from '../../test/builders/fake-watched.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import type { Seals } from '../core/approval/seal.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { isFresh } from '../core/decision/snapshot.ts';
import { createSnapshotCache } from './snapshot-cache.ts';
import { votesByRequest } from './votes-by-request.ts';

type Namespace = JsonObject & { readonly metadata: { readonly name: string } };

function world(seals: Seals = TRUSTING) {
  const policies = new FakeWatched<ApprovalPolicy>();
  const requests = new FakeWatched<ApprovalRequest>();
  const namespaces = new FakeWatched<Namespace>();
  const votes = new FakeWatched<ApprovalVote>();
  const people = new FakeWatched<Namespace>();
  people.fresh = 60;
  return {
    votes,
    policies,
    requests,
    namespaces,
    people,
    snapshot: createSnapshotCache({ policies, requests, namespaces, votes, people }, createPolicyCompiler(), seals),
  };
}

const named = (name: string, request: ApprovalRequest): ApprovalRequest => ({
  ...request,
  metadata: { ...request.metadata, name },
});

test('a snapshot is as fresh as its oldest part, and never fresh before all were read', () => {
  const { policies, requests, namespaces, votes, snapshot } = world();
  policies.fresh = 30;
  requests.fresh = 20;
  votes.fresh = 50;
  expect(snapshot().freshAt).toBe(Number.NEGATIVE_INFINITY);
  namespaces.fresh = 40;
  expect(snapshot().freshAt).toBe(20);
  votes.fresh = 10;
  expect(snapshot().freshAt, 'a revocation may be among the votes that are not known').toBe(10);
});

test('[R1] where the votes stand still, a revocation may not have arrived: the snapshot is as old as they are', () => {
  const { policies, requests, namespaces, votes, people, snapshot } = world();
  for (const each of [policies, requests, namespaces, people]) each.fresh = 40_000;
  votes.fresh = 10_000;
  expect(snapshot().freshAt).toBe(10_000);
  expect(isFresh(snapshot(), 40_000)).toBe(false);
});

test('[R1] before it is known who is who, nothing is', () => {
  const { policies, requests, namespaces, votes, people, snapshot } = world();
  for (const each of [policies, requests, namespaces, votes]) each.fresh = 40_000;
  people.fresh = 0;
  expect(isFresh(snapshot(), 40_000)).toBe(false);
});

const EXEC = { operation: 'CONNECT', group: '', resource: 'pods' };

test('policies stand in the order of their names, and go when they go', () => {
  const { policies, snapshot } = world();
  for (const name of ['b', 'a']) policies.put(approvalPolicy({}, name));
  expect(
    snapshot()
      .policies(EXEC)
      .map(({ name }) => name),
  ).toEqual(['a', 'b']);
  policies.remove('a');
  expect(
    snapshot()
      .policies(EXEC)
      .map(({ name }) => name),
  ).toEqual(['b']);
});

test('requests for a scope are found by their requester, while they are open or were used up', () => {
  const { requests, snapshot } = world();
  const action = { ...approvalRequest().spec.action, binding: 'Scope' as const, name: 'web-0' };
  const names = (username: string) =>
    snapshot()
      .scopes(username)
      .map(({ metadata }) => metadata.name);
  requests.put(named('exact', approvalRequest()));
  requests.put(named('bobs', approvalRequest({ action, requester: { username: 'bob' } })));
  for (const [name, state] of [['asked'], ['open', 'Approved'], ['used', 'Consumed'], ['over', 'Expired']] as const)
    requests.put(named(name, approvalRequest({ action }, state === undefined ? undefined : { state })));
  expect(names('alice')).toEqual(['asked', 'open', 'used']);
  expect(names('bob')).toEqual(['bobs']);
  requests.put(named('open', approvalRequest({ action }, { state: 'Revoked' })));
  requests.remove('prod/asked');
  expect(names('alice')).toEqual(['used']);
});

test('requests are found by their fingerprint, and pending ones are counted', () => {
  const { requests, snapshot } = world();
  const fingerprint = approvalRequest().spec.fingerprint ?? '';
  requests.put(named('one', approvalRequest()));
  requests.put(named('two', approvalRequest({ requester: { username: 'bob' }, fingerprint: 'other' })));
  expect(
    snapshot()
      .requests(fingerprint)
      .map(({ metadata }) => metadata.name),
  ).toEqual(['one']);
  expect(snapshot().pending('alice')).toEqual({ ofRequester: 1, inAll: 2 });
  requests.put(named('one', approvalRequest({}, { state: 'Denied' })));
  expect(snapshot().pending('alice')).toEqual({ ofRequester: 0, inAll: 1 });
  expect(snapshot().requests(fingerprint)).toHaveLength(1);
  requests.remove('prod/one');
  expect(snapshot().requests(fingerprint)).toEqual([]);
});

test('of a requester those that were cancelled lately are counted', () => {
  const { requests, snapshot } = world();
  requests.put(named('one', approvalRequest({}, endedStatus('Cancelled', 10_000))));
  requests.put(named('two', approvalRequest({}, endedStatus('Cancelled', 20_000))));
  requests.put(named('denied', approvalRequest({}, endedStatus('Denied', 20_000))));
  requests.put(named('other', approvalRequest({ requester: { username: 'bob' } }, endedStatus('Cancelled', 20_000))));
  expect([0, 10_000, 10_001, 20_001].map((since) => snapshot().cancelled('alice', since))).toEqual([2, 2, 1, 0]);
  requests.remove('prod/two');
  expect(snapshot().cancelled('alice', 10_001)).toBe(0);
});

test('votes are found by the uid of their request, until they go', () => {
  const votes = new FakeWatched<ApprovalVote>();
  const of = votesByRequest(votes, TRUSTING);
  const vote = approvalVote(approvalRequest(), 'Approve', { username: 'bob' });
  votes.put(vote);
  expect(of('request-uid')).toEqual([vote]);
  votes.put({ ...vote, spec: { ...vote.spec, requestUID: 'other' } });
  expect([of('request-uid'), of('other').length]).toEqual([[], 1]);
  votes.remove(`prod/${vote.metadata.name ?? ''}`);
  expect(of('other')).toEqual([]);
});

test('[R15] a request without our seal is not counted as pending', () => {
  const { requests, snapshot } = world(sealsOf('key'));
  requests.put(approvalRequest());
  expect(snapshot().pending('alice')).toEqual({ ofRequester: 0, inAll: 0 });
});

test('[R15] a vote without our seal is none', () => {
  const seals = sealsOf('key');
  const votes = new FakeWatched<ApprovalVote>();
  const of = votesByRequest(votes, seals);
  const vote = approvalVote(approvalRequest(), 'Approve', { username: 'bob' });
  votes.put(vote);
  expect(of('request-uid')).toEqual([]);
  const seal = seals.vote('prod', vote.metadata.name, vote.spec);
  const sealed = { ...vote, spec: { ...vote.spec, seal } };
  votes.put(sealed);
  expect(of('request-uid')).toEqual([sealed]);
  votes.put({ ...sealed, spec: { ...sealed.spec, decision: 'Deny' } });
  expect(of('request-uid')).toEqual([]);
});
