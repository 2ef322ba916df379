import { beforeEach, describe, expect, test } from 'vitest';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import {
  CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
  WEBHOOK,
} from '../../../test/builders/own-kinds.ts';
import { sealsOf } from '../../../test/builders/seals.ts';
import { writtenRequest } from '../../../test/builders/written-request.ts';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../../core/api/kinds.ts';
import { buildVote } from '../../core/approval/act.ts';
import type { Attributes } from '../../core/attributes/attributes.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from './review-own-kinds.ts';

const seals = sealsOf('key');
const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const BOB = userNamed('bob', ['sre']);

let world: OwnKindsWorld;
let ports: OwnKindsPorts;
beforeEach(() => {
  world = ownKindsWorld();
  ports = { ...world.ports, settings: { ...world.ports.settings, seals } };
});

/** The object as the API server shows it after our patch. */
async function stamped<T extends object>(attributes: Attributes, object: T): Promise<T> {
  const answer = await mutateOwnKinds(ports)(attributes, call);
  if (!answer.allowed) throw new Error(answer.message);
  const patch = (answer.patch ?? []) as { path: string; value: unknown }[];
  return patch.reduce((patched, { path, value }) => ({ ...patched, [path.slice(1)]: value }), object);
}

async function judged(attributes: Attributes): Promise<string> {
  const answer = await validateOwnKinds(ports)(attributes, call);
  return answer.allowed ? 'allowed' : answer.message;
}

describe('[R15] a request that a person wrote', () => {
  const written = writtenRequest();
  const create = (request: ApprovalRequest, overrides: Partial<Attributes> = {}) =>
    ownKindAttributes('approvalrequests', 'CREATE', request, overrides);

  test('is sealed, and its seal is checked', async () => {
    const request = await stamped(create(written), written);
    expect(seals.isRequest('prod', request.spec)).toBe(true);
    expect(await judged(create(request))).toBe('allowed');
    expect(
      await judged(create({ ...request, spec: { ...request.spec, seal: `${request.spec.seal ?? ''}0` } })),
    ).toMatch(/not stamped as it should be/);
    expect(await judged(create({ ...request, spec: { ...request.spec, ticket: 'T-2' } }))).toMatch(/not stamped as it/);
  });

  test('is not sealed in a dry run, whose answer would else be good for a request', async () => {
    const request = await stamped(create(written, { dryRun: true }), written);
    expect(request.spec).toMatchObject({ requester: { username: 'alice' } });
    expect(request.spec.seal).toBeUndefined();
    expect(await judged(create(request, { dryRun: true }))).toBe('allowed');
    expect(await judged(create(request))).toMatch(/not stamped as it should be/);
  });

  test('or that our own identity opens, is refused with the seal of another key or none', async () => {
    const user = userNamed(WEBHOOK);
    const request = await stamped(create(written), written);
    const { seal: _seal, ...spec } = request.spec;
    expect(await judged(create(request, { user }))).toBe('allowed');
    for (const seal of [{}, { seal: sealsOf('another').request('prod', spec) }]) {
      expect(await judged(create({ ...request, spec: { ...spec, ...seal } }, { user }))).toMatch(/not bear our seal/);
    }
  });
});

describe('[R15] a vote', () => {
  function sealedRequest(): ApprovalRequest {
    const { spec, ...rest } = approvalRequest();
    return world.approvals.put({ ...rest, spec: { ...spec, seal: seals.request('prod', spec) } });
  }
  const cast = (vote: ApprovalVote, overrides: Partial<Attributes> = {}) =>
    ownKindAttributes('approvalvotes', 'CREATE', vote, { user: BOB, ...overrides });

  test('is sealed, and its seal is checked', async () => {
    const built = buildVote(sealedRequest(), 'bob', 'Approve', 'ok');
    const vote = await stamped(cast(built), built);
    expect(seals.isVote(vote)).toBe(true);
    expect(await judged(cast(vote))).toBe('allowed');
    expect(await judged(cast({ ...vote, spec: { ...vote.spec, reason: 'other' } }))).toMatch(/not bear our seal/);
  });

  test('is not sealed in a dry run', async () => {
    const built = buildVote(sealedRequest(), 'bob', 'Approve', 'ok');
    const vote = await stamped(cast(built, { dryRun: true }), built);
    expect(vote.spec.seal).toBeUndefined();
    expect(await judged(cast(vote, { dryRun: true }))).toBe('allowed');
    expect(await judged(cast(vote))).toMatch(/not bear our seal/);
  });

  test('is refused on a request, or a status, that was forged', async () => {
    const forged: ApprovalRequest[] = [approvalRequest(), { ...sealedRequest(), status: { state: 'Pending' } }];
    for (const request of forged) {
      world.approvals.put(request);
      const built = buildVote(request, 'bob', 'Approve', undefined);
      expect(await judged(cast(await stamped(cast(built), built)))).toMatch(/no true seal/);
    }
  });
});

test('[R15] a status is written by our identities with our seal alone', async () => {
  const request = approvalRequest();
  const status: RequestStatus = { state: 'Approved' };
  const write = (written: RequestStatus) =>
    ownKindAttributes(
      'approvalrequests',
      'UPDATE',
      { ...request, status: written },
      {
        user: userNamed(CONTROLLER),
        oldObject: request as never,
        subresource: 'status',
      },
    );
  const seal = seals.status('request-uid', status);
  expect(await judged(write({ ...status, seal }))).toBe('allowed');
  expect(await judged(write(status))).toMatch(/not bear our seal/);
  expect(await judged(write({ ...status, state: 'Consumed', seal }))).toMatch(/not bear our seal/);
});
