import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../../test/builders/approval-policy.ts';
import { approvalRequest, endedStatus } from '../../../../test/builders/approval-request.ts';
import { writtenExec } from '../../../../test/builders/exec-action.ts';
import {
  CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
  WEBHOOK,
} from '../../../../test/builders/own-kinds.ts';
import { writtenRequest } from '../../../../test/builders/written-request.ts';
import { verifies } from '../../../../test/harness/verifies.ts';
import type { ApprovalRequest, RequestSpec, UserInfo } from '../../../core/api/kinds.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { fingerprintOf } from '../../../core/attributes/digest.ts';
import type { ReviewAnswer } from '../../review-answer.ts';
import { mutateOwnKinds, validateOwnKinds } from '../review-own-kinds.ts';

const EXEC = writtenExec(['ls']);

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
});

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

function create(request: ApprovalRequest, overrides: Partial<Attributes> = {}): Attributes {
  return ownKindAttributes('approvalrequests', 'CREATE', request, overrides);
}

async function stamped(request: ApprovalRequest, user?: UserInfo): Promise<ApprovalRequest> {
  const answer = await mutateOwnKinds(world.ports)(create(request, user === undefined ? {} : { user }), call);
  const patch = answer.allowed ? (answer.patch as { op: string; path: string; value: RequestSpec }[]) : [];
  expect(patch.map(({ op, path }) => `${op} ${path}`)).toEqual(['replace /spec']);
  return { ...request, spec: structuredClone(patch[0]?.value ?? request.spec) };
}

async function refusal(attributes: Attributes, review = validateOwnKinds(world.ports)): Promise<string> {
  const answer: ReviewAnswer = await review(attributes, call);
  return answer.allowed ? 'allowed' : `${answer.status} ${answer.reason}: ${answer.message}`;
}

describe('a request that a person wrote', () => {
  test(`${verifies('R12')}is stamped with what the webhook itself would have written, and is then allowed`, async () => {
    const request = await stamped(writtenRequest({ reason: 'INC-1', ticket: 'T-1' }));
    expect(request.spec).toMatchObject({
      requester: { username: 'alice', uid: 'u-alice', class: 'Human', person: 'alice' },
      action: { ...EXEC, targetUID: 'pod-uid' },
      policies: [{ name: 'prod-shells', uid: 'prod-shells-uid', generation: 1 }],
      reason: 'INC-1',
      ticket: 'T-1',
    });
    expect(request.spec.fingerprint).toBe(
      fingerprintOf({ username: 'alice', uid: 'u-alice' }, request.spec.digest ?? ''),
    );
    expect(await refusal(create(request))).toBe('allowed');
  });

  test('may carry the stamps already, if they are the right ones, but never a seal', async () => {
    const request = await stamped(writtenRequest());
    const { seal, ...spec } = request.spec;
    expect((await stamped({ ...request, spec })).spec).toEqual({ ...spec, seal });
    expect(await refusal(create(request), mutateOwnKinds(world.ports))).toMatch(/spec.seal is not what it would be/);
  });

  const notWritten: Record<string, readonly [() => ApprovalRequest, RegExp]> = {
    '[R12] a digest without content': [
      () =>
        writtenRequest({
          action: { operation: 'CREATE', version: 'v1', resource: 'pods' },
          digest: `sha256:${'a'.repeat(64)}`,
        }),
      /write the object .*; a digest alone cannot be approved/,
    ],
    'an exec without a command': [() => writtenRequest({ action: { ...EXEC, exec: {} } }), /write the command/],
    'an action that says itself that something is omitted': [
      () => writtenRequest({ action: { ...EXEC, omitted: 'nothing' } }),
      /omitted is ours/,
    ],
    'a duration where there is no window': [
      () => writtenRequest({ duration: '10m' }),
      /spec\.duration: it shortens a window, and policy prod-shells grants a single use; leave it out/,
    ],
    'a duration that is none': [() => writtenRequest({ duration: 'soon' }), /spec\.duration: "soon" is not a duration/],
    'an action that no policy names': [
      () => writtenRequest({ action: { ...EXEC, subresource: 'portforward', exec: undefined } as never }),
      /no policy asks for an approval/,
    ],
    'another pod than the one that runs now': [
      () => writtenRequest({ action: { ...EXEC, targetUID: 'older' } }),
      /not the uid of pod web-0 as it runs now/,
    ],
    'another requester': [
      () => writtenRequest({ requester: { username: 'bob' } }),
      /spec.requester is not what it would be/,
    ],
    'a digest of something else': [
      () => writtenRequest({ digest: `sha256:${'a'.repeat(64)}` }),
      /spec.digest is not what it would be/,
    ],
    'a fingerprint of something else': [
      () => writtenRequest({ fingerprint: `sha256:${'a'.repeat(64)}` }),
      /spec.fingerprint is not what it would be/,
    ],
    'no policies': [() => writtenRequest({ policies: [] }), /spec.policies is not what it would be/],
    'a summary of its own': [
      () => writtenRequest({ summary: { action: 'harmless', target: 'nothing' } }),
      /spec.summary is not what it would be/,
    ],
    'a seal': [() => writtenRequest({ seal: 'x' }), /spec.seal is not what it would be/],
  };
  test.each(Object.entries(notWritten))('is not stamped when it has %s', async (_sentence, [request, message]) => {
    expect(await refusal(create(request()), mutateOwnKinds(world.ports))).toMatch(message);
    expect(await refusal(create(request()))).toMatch(/^403 Forbidden: sallyport: /);
  });

  test('keeps the duration that shortens a window', async () => {
    world.policies = [approvalPolicy({ grant: { type: 'Window', window: '30m' } })];
    const request = await stamped(writtenRequest({ duration: '10m' }));
    expect(request.spec.duration).toBe('10m');
    expect(await refusal(create(request))).toBe('allowed');
    expect(await refusal(create(writtenRequest({ duration: '0s' })), mutateOwnKinds(world.ports))).toMatch(
      /is not a duration/,
    );
  });

  test('is refused where the pod is not there', async () => {
    world.pod = undefined;
    expect(await refusal(create(writtenRequest()), mutateOwnKinds(world.ports))).toMatch(/^403/);
  });

  test('is refused where a policy that may match cannot be enforced', async () => {
    world.policies.push(approvalPolicy({ masking: {} }, 'broken'));
    expect(await refusal(create(writtenRequest()), mutateOwnKinds(world.ports))).toMatch(/broken/);
  });

  test('is refused where a guardrail refuses the action, with its words', async () => {
    const request = await stamped(writtenRequest());
    const guardrails = { deny: [{ name: 'no-ls', expression: "'ls' in exec.command", message: 'never by hand' }] };
    world.policies.splice(0, Infinity, approvalPolicy({ guardrails }));
    const words = '403 Forbidden: sallyport: never by hand (guardrail no-ls of policy prod-shells)';
    expect(await refusal(create(writtenRequest()), mutateOwnKinds(world.ports))).toBe(words);
    expect(await refusal(create(request))).toBe(words);
  });

  const notValid: Record<string, readonly [(request: ApprovalRequest) => ApprovalRequest, RegExp]> = {
    'its stamps were taken away again': [
      ({ spec, ...rest }) => ({ ...rest, spec: { action: spec.action } }),
      /not stamped as it should be/,
    ],
    'somebody added a group to its requester after the stamp': [
      (request) => ({
        ...request,
        spec: { ...request.spec, requester: { username: 'alice', groups: ['sre'] } },
      }),
      /spec.requester is not what it would be/,
    ],
    '[R13] it lives in another namespace than its target': [
      (request) => ({ ...request, metadata: { ...request.metadata, namespace: 'dev' } }),
      /lives in namespace prod/,
    ],
    '[R13] it lives in the system namespace though its target does not': [
      (request) => ({ ...request, metadata: { ...request.metadata, namespace: 'sallyport-system' } }),
      /lives in namespace prod/,
    ],
    'it names an owner, with which the garbage collector would delete it': [
      (request) => ({ ...request, metadata: { ...request.metadata, ownerReferences: [{ uid: 'x' }] } as never }),
      /metadata.ownerReferences is not for you/,
    ],
    'it has a finalizer, which would keep it for ever': [
      (request) => ({ ...request, metadata: { ...request.metadata, finalizers: ['a/b'] } }),
      /metadata.finalizers is not for you/,
    ],
  };
  test.each(Object.entries(notValid))('is refused when %s', async (_sentence, [change, message]) => {
    const request = change(await stamped(writtenRequest()));
    expect(await refusal(create(request))).toMatch(message);
  });

  test('[R13] lives in the system namespace when its target is terminating', async () => {
    const request = await stamped(
      writtenRequest({ action: { ...EXEC, namespace: 'old' } }, { namespace: 'sallyport-system' }),
    );
    expect(await refusal(create(request))).toBe('allowed');
    const beside = { ...request, metadata: { ...request.metadata, namespace: 'old' } };
    expect(await refusal(create(beside))).toMatch(/lives in namespace sallyport-system/);
  });

  test('[R14] is refused while one for the same is open, and in the cool-down of one that was denied', async () => {
    const request = await stamped(writtenRequest());
    const other: ApprovalRequest = { ...request, metadata: { ...request.metadata, name: 'first' } };
    world.requests = [other];
    expect(await refusal(create(request))).toMatch(/prod\/first asks for the same and is pending/);
    world.requests = [{ ...other, status: endedStatus('Denied', world.clock.now()) }];
    expect(await refusal(create(request))).toMatch(/can be asked for again in 600 s/);
    world.requests = [{ ...other, status: endedStatus('Denied', world.clock.now() - 600_000) }];
    expect(await refusal(create(request))).toBe('allowed');
  });

  test.each([
    ['its requester', 'alice', 2],
    ['all together', 'bob', 3],
  ])('is refused when %s have too many pending', async (_sentence, username, count) => {
    const request = await stamped(writtenRequest());
    world.requests = Array.from({ length: count }, (_, at) =>
      approvalRequest({ fingerprint: `sha256:${at}`, requester: { username } }),
    );
    expect(await refusal(create(request))).toMatch(
      /too many requests are pending: \d+ of .* \[sallyport code=TooManyRequests retry=true\]$/,
    );
    world.requests.pop();
    expect(await refusal(create(request))).toBe('allowed');
  });

  test('[R14] is refused where its requester has cancelled too many of late', async () => {
    const request = await stamped(writtenRequest());
    world.requests = Array.from({ length: 50 }, (_, at) =>
      approvalRequest({ fingerprint: `sha256:${at}` }, endedStatus('Cancelled', world.clock.now() - at * 1000)),
    );
    expect(await refusal(create(request))).toMatch(/50 of your requests were cancelled within a day/);
    world.requests.pop();
    expect(await refusal(create(request))).toBe('allowed');
  });

  test('is refused while memory is more than 10 s old, or was never in step', async () => {
    const request = await stamped(writtenRequest());
    world.freshAt = world.clock.now() - 10_001;
    expect(await refusal(create(request))).toMatch(/not in step/);
    world.freshAt = Number.NEGATIVE_INFINITY;
    expect(await refusal(create(request))).toMatch(/not in step/);
    world.freshAt = world.clock.now() - 10_000;
    expect(await refusal(create(request))).toBe('allowed');
  });

  test('of the wrong shape is left unstamped to the API server, and is not valid', async () => {
    const request = writtenRequest({ action: { operation: 'EXEC' } as never });
    expect(await mutateOwnKinds(world.ports)(create(request), call)).toEqual({ allowed: true });
  });
});

describe('a request that an enforcement point opens', () => {
  const user = userNamed(WEBHOOK);
  async function opened(): Promise<ApprovalRequest> {
    return await stamped(writtenRequest());
  }

  test('is not stamped again, and is allowed when it agrees with itself', async () => {
    const request = await opened();
    expect(await mutateOwnKinds(world.ports)(create(request, { user }), call)).toEqual({ allowed: true });
    expect(await refusal(create(request, { user }))).toBe('allowed');
  });

  const disagreeing: Record<string, readonly [(spec: RequestSpec) => Partial<RequestSpec>, RegExp]> = {
    'without a requester': [() => ({ requester: undefined as never }), /not stamped/],
    'without a digest': [() => ({ digest: undefined as never }), /not stamped/],
    'without policies': [() => ({ policies: [] }), /not stamped/],
    'whose digest is of another action': [
      (spec) => ({ action: { ...spec.action, name: 'web-1' } }),
      /digest is not that of the action/,
    ],
    'whose fingerprint is of another requester': [
      () => ({ requester: { username: 'bob' } }),
      /fingerprint is not that of requester/,
    ],
  };
  test.each(Object.entries(disagreeing))('is refused %s', async (_sentence, [change, message]) => {
    const request = await opened();
    const spec = { ...request.spec, ...change(request.spec) };
    expect(await refusal(create({ ...request, spec }, { user }))).toMatch(message);
  });

  test('the controller may not open for others', async () => {
    const request = await opened();
    expect(await refusal(create(request, { user: userNamed(CONTROLLER) }))).toMatch(/^403/);
  });
});
