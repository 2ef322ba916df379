import { describe, expect, test } from 'vitest';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { sealsOf } from '../../../test/builders/seals.ts';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../api/kinds.ts';
import { isGenuine } from './seal.ts';

const seals = sealsOf('key');
const stranger = sealsOf('another key');
const STATUS: RequestStatus = { state: 'Approved', approvals: '1/1', expiresAt: '2026-01-01T01:00:00Z' };

function sealedRequest(by = seals): ApprovalRequest {
  const { spec, ...rest } = approvalRequest({ reason: 'why', ticket: 'T-1' });
  return { ...rest, spec: { ...spec, seal: by.request('prod', spec) } };
}

function sealedVote(of = approvalRequest(), by = seals): ApprovalVote {
  const vote = approvalVote(of, 'Approve', { username: 'bob' }, { spec: { reason: 'ok', assurance: 'Kubernetes' } });
  return { ...vote, spec: { ...vote.spec, seal: by.vote('prod', vote.metadata.name, vote.spec) } };
}

function withStatus(status: RequestStatus = STATUS, by = seals, uid = 'request-uid'): ApprovalRequest {
  const request = sealedRequest();
  return { ...request, status: { ...status, seal: by.status(uid, status) } };
}

describe("[R15] a request's seal", () => {
  const request = sealedRequest();
  const holds = (change: Partial<ApprovalRequest['spec']>, namespace = 'prod') =>
    seals.isRequest(namespace, { ...request.spec, ...change });

  test('holds for what was sealed, and its reason may be filled in later', () => {
    expect(request.spec.seal).toMatch(/^v1\.nonce\d+\.[0-9a-f]{64}$/);
    expect([holds({}), holds({ reason: 'another' })]).toEqual([true, true]);
  });

  test('is another each time', () => {
    expect(sealedRequest().spec.seal).not.toBe(sealedRequest().spec.seal);
  });

  test.each(Object.keys(request.spec).filter((field) => field !== 'reason' && field !== 'seal'))(
    'does not hold when %s is changed',
    (field) => {
      const before = request.spec[field as keyof typeof request.spec];
      const after = typeof before === 'string' ? `${before}x` : Array.isArray(before) ? [] : { more: before };
      expect(holds({ [field]: after })).toBe(false);
      expect(holds({ [field]: undefined })).toBe(false);
    },
  );

  test.each<[string, boolean]>([
    ['of somebody else', holds({ requester: { username: 'alice', person: 'mallory', class: 'Human' } })],
    ['with what is omitted', holds({ action: { ...request.spec.action, omitted: 'x' } })],
    ['with an owner', holds({ requester: { ...request.spec.requester, username: 'alice', owner: 'carol' } })],
    ['for ten hours', holds({ duration: '10h' })],
    ['in another namespace', holds({}, 'dev')],
    ['without a seal', holds({ seal: undefined } as never)],
    ['with an empty seal', holds({ seal: '' })],
    ['with a seal of a later form', holds({ seal: (request.spec.seal ?? '').replace('v1.', 'v2.') })],
    ['with another nonce', holds({ seal: (request.spec.seal ?? '').replace(/\.nonce\d+\./, '.nonce0.') })],
    ['with more behind it', holds({ seal: `${request.spec.seal ?? ''}.x` })],
    ['with the seal of another key', holds({ seal: sealedRequest(stranger).spec.seal ?? '' })],
  ])('does not hold %s', (_sentence, held) => {
    expect(held).toBe(false);
  });
});

describe("[R15] a vote's seal", () => {
  const vote = sealedVote();
  const holds = (spec: Partial<ApprovalVote['spec']>, metadata: Partial<ApprovalVote['metadata']> = {}) =>
    seals.isVote({ ...vote, metadata: { ...vote.metadata, ...metadata }, spec: { ...vote.spec, ...spec } });

  test('holds for what was sealed, under whatever uid and time it is stored', () => {
    expect(holds({}, { uid: 'x', creationTimestamp: '2027-01-01T00:00:00Z' })).toBe(true);
  });

  test.each<[string, boolean]>([
    ['replayed on another request', holds({ requestUID: 'other-uid' })],
    ['replayed on a request of another name', holds({ request: 'other' })],
    ['for another digest', holds({ digest: `sha256:${'e'.repeat(64)}` })],
    ['with another decision', holds({ decision: 'Deny' })],
    ['with another reason', holds({ reason: 'x' })],
    ['by another voter', holds({ voter: { username: 'carol', groups: ['sre'], person: 'bob' } })],
    ['by another person', holds({ voter: { username: 'bob', groups: ['sre'], person: 'carol' } })],
    ['with another group', holds({ voter: { username: 'bob', groups: ['sre', 'admins'], person: 'bob' } })],
    ['by another way', holds({ via: 'Console' })],
    ['with another assurance', holds({ assurance: 'Any' })],
    ['in another namespace', holds({}, { namespace: 'dev' })],
    ['under another name', holds({}, { name: 'x' })],
    ['without a seal', holds({ seal: undefined } as never)],
    ['with the seal of another key', holds({ seal: sealedVote(approvalRequest(), stranger).spec.seal ?? '' })],
    ['with the seal of a request', holds({ seal: sealedRequest().spec.seal ?? '' })],
  ])('does not hold %s', (_sentence, held) => {
    expect(held).toBe(false);
  });
});

describe("[R15] a status's seal", () => {
  const request = withStatus();
  const holds = (status: Partial<RequestStatus>, of = request) =>
    isGenuine({ ...of, status: { ...of.status, ...status } }, seals);

  test('holds for what was sealed; a request just created needs none', () => {
    expect([holds({}), isGenuine(sealedRequest(), seals)]).toEqual([true, true]);
  });

  test.each<[string, boolean]>([
    ['with another state', holds({ state: 'Pending' })],
    ['with a later expiry', holds({ expiresAt: '2027-01-01T00:00:00Z' })],
    ['with no seal', holds({ seal: undefined } as never)],
    ['empty', isGenuine({ ...sealedRequest(), status: {} }, seals)],
    ['with the seal of another key', isGenuine(withStatus(STATUS, stranger), seals)],
    ['replayed on another request', isGenuine(withStatus(STATUS, seals, 'other-uid'), seals)],
    ['with a use that is new', holds({ uses: [{ id: 'u', decision: 'u', at: '', username: 'alice' }] })],
    ['on a request that is forged itself', isGenuine({ ...request, spec: { ...request.spec, ticket: 'T-2' } }, seals)],
  ])('does not hold %s', (_sentence, held) => {
    expect(held).toBe(false);
  });
});
