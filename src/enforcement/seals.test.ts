import { describe, expect, test } from 'vitest';
import { approvedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { votesThatApprove } from '../../test/builders/approval-vote.ts';
import { codeOf, messageOf, World } from '../../test/builders/enforcement-world.ts';
import { sealsOf } from '../../test/builders/seals.ts';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../core/api/kinds.ts';
import { requestName } from '../core/decision/request-place.ts';
import { sealedStatus } from './sealed-status.ts';

const seals = sealsOf('key');
const stranger = sealsOf('another key');

function sealedWorld(): World {
  const world = new World();
  world.settings = { ...world.settings, seals };
  world.votes = () => [];
  return world;
}

/** Under the name that the webhook would choose. */
function put(world: World, status?: RequestStatus, by = seals, statusBy = by): ApprovalRequest {
  const gated = world.gated();
  const built = requestFor(gated, undefined, 'request-uid', by);
  const sealed = status === undefined ? {} : { status: { ...status, seal: statusBy.status('request-uid', status) } };
  const name = requestName(gated.action, gated.fingerprint, undefined);
  return world.approvals.put({ ...built, metadata: { ...built.metadata, name }, ...sealed });
}

function sealedVotes(request: ApprovalRequest, by = seals): ApprovalVote[] {
  return votesThatApprove(request).map((vote) => ({
    ...vote,
    spec: { ...vote.spec, seal: by.vote(vote.metadata.namespace ?? '', vote.metadata.name, vote.spec) },
  }));
}

function approved(world: World): RequestStatus {
  return approvedStatus(world.gated(), world.clock.now() + 600_000);
}

describe('[R15] an approval is used', () => {
  test('when request, status and votes in memory bear our seals; nothing is listed', async () => {
    const world = sealedWorld();
    const request = put(world, approved(world));
    world.votes = () => sealedVotes(request);
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(world.approvals.calls.votesOn).toBe(0);
  });

  test('when its votes have not arrived in memory yet, but are stored', async () => {
    const world = sealedWorld();
    world.approvals.votes = sealedVotes(put(world, approved(world)));
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
    expect(world.approvals.calls.votesOn).toBe(1);
  });
});

describe('[R15] an approval is not used', () => {
  test.each<[string, (request: ApprovalRequest) => ApprovalVote[]]>([
    ['there is no vote', () => []],
    ['the votes bear no seal', (request) => votesThatApprove(request)],
    ['the votes bear the seal of another key', (request) => sealedVotes(request, stranger)],
    [
      'the votes are those on another request',
      (request) => sealedVotes({ ...request, metadata: { ...request.metadata, uid: 'other' } }),
    ],
    [
      'one of them denied',
      (request) =>
        sealedVotes(request).map(({ spec: { seal: _seal, ...spec }, ...vote }) => {
          const denial = { ...spec, decision: 'Deny' as const };
          return { ...vote, spec: { ...denial, seal: seals.vote('prod', vote.metadata.name, denial) } };
        }),
    ],
  ])('when its status bears our seal, but %s', async (_, votes) => {
    const world = sealedWorld();
    const request = put(world, approved(world));
    world.approvals.votes = votes(request);
    world.votes = () => votes(request);
    const outcome = await world.enforce();
    expect(codeOf(outcome)).toBe('Denied NotConfirmed');
    expect(messageOf(outcome)).toMatch(/^the votes on the request do not approve it\. NOT executed \[sallyport code=/);
    expect(world.approvals.calls.writeStatus).toBe(0);
  });

  test('when its votes cannot be read', async () => {
    const world = sealedWorld();
    put(world, approved(world));
    world.approvals.faults.push({ method: 'votesOn', call: 1, when: 'before', error: new Error('down') });
    expect(codeOf(await world.enforce())).toBe('Denied Unavailable');
    expect(world.approvals.calls.writeStatus).toBe(0);
  });
});

describe('[R13] [R15] a request is asked for anew, under another name', () => {
  test.each<[string, (world: World) => ApprovalRequest]>([
    ['request', (world) => put(world, undefined, stranger)],
    ['status', (world) => put(world, approved(world), seals, stranger)],
    ['denial', (world) => put(world, { state: 'Denied', endedAt: '2026-01-01T00:00:00Z' }, seals, stranger)],
  ])('when the %s of its name was forged, whether memory has it or not', async (_, forge) => {
    const world = sealedWorld();
    const forged = forge(world);
    world.approvals.votes = sealedVotes(forged);
    const first = await world.enforce();
    expect(codeOf(first)).toBe('Asked ApprovalRequired');
    expect(first.facts.request).not.toBe(`prod/${forged.metadata.name}`);
    world.seen = [];
    expect((await world.enforce()).facts.request).toBe(first.facts.request);
    expect(world.approvals.all()).toHaveLength(2);
  });
});

test('[R15] a true request of that name is joined', async () => {
  const world = sealedWorld();
  const { metadata } = put(world);
  world.seen = [];
  expect((await world.enforce()).facts.request).toBe(`prod/${metadata.name}`);
});

test('[R15] whatever status is written is sealed on its way, over the seal that it had', async () => {
  const world = sealedWorld();
  const write = sealedStatus(world.approvals, seals);
  const signal = new AbortController().signal;
  const first = await write(put(world), { state: 'Pending' }, signal);
  const second = await write(first, { ...first.status, approvals: '0/1' }, signal);
  expect([seals.isStatus(first), seals.isStatus(second)]).toEqual([true, true]);
  expect(second.status?.seal).not.toBe(first.status?.seal);
});
