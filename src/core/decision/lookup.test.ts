import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, endedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import {
  ALICE,
  createAttributes,
  deleteAttributes,
  execAttributes,
  updateAttributes,
} from '../../../test/builders/attributes.ts';
import type { ApprovalRequest, RequestStatus } from '../api/kinds.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { NOW, SETTINGS, decideIn, gatedOf, capped, verdict, as } from '../../../test/builders/decision-world.ts';
import { lookup } from './lookup.ts';

const forged = (request: ApprovalRequest, spec: Partial<ApprovalRequest['spec']>): ApprovalRequest => ({
  ...request,
  spec: { ...request.spec, ...spec },
});

describe('an approved request counts only for what it is', () => {
  const gated = gatedOf();
  const approved = requestFor(gated, approvedStatus(gated, NOW + 1000));
  const other = gatedOf(execAttributes({}, { command: ['id'] }));
  const mallory = gatedOf(execAttributes({ user: as('mallory') }));
  test.each<[string, ApprovalRequest, string]>([
    ['as it is', approved, 'Allow Approved'],
    ['with the action of another', forged(approved, { action: other.action }), 'ApprovalRequired NotAsked'],
    [
      'with the digest of this action on another',
      forged(requestFor(other, approved.status), { digest: gated.digest, fingerprint: gated.fingerprint }),
      'ApprovalRequired NotAsked',
    ],
    ['with another digest', forged(approved, { digest: other.digest }), 'ApprovalRequired NotAsked'],
    [
      'of another requester under this fingerprint',
      forged(requestFor(mallory, approved.status), { fingerprint: gated.fingerprint }),
      'ApprovalRequired NotAsked',
    ],
    [
      'of another uid under this fingerprint',
      forged(approved, { requester: { username: 'alice', uid: 'other' } }),
      'ApprovalRequired NotAsked',
    ],
    [
      'without a requester',
      {
        ...approved,
        spec: Object.fromEntries(
          Object.entries(approved.spec).filter(([key]) => key !== 'requester'),
        ) as unknown as ApprovalRequest['spec'],
      },
      'ApprovalRequired NotAsked',
    ],
    ['without terms', forged(approved, { policies: [] }), 'ApprovalRequired NotAsked'],
    [
      'from another namespace',
      { ...approved, metadata: { ...approved.metadata, namespace: 'dev' } },
      'ApprovalRequired NotAsked',
    ],
    [
      'from our namespace',
      { ...approved, metadata: { ...approved.metadata, namespace: 'sallyport-system' } },
      'Allow Approved',
    ],
    ['after its time', { ...approved, status: approvedStatus(gated, NOW) }, 'ApprovalRequired NotAsked'],
    [
      'without a readable time',
      { ...approved, status: { ...approved.status, expiresAt: 'never' } },
      'ApprovalRequired NotAsked',
    ],
  ])('%s', (_, request, expected) => {
    expect(verdict(decideIn({ requests: [request] }, execAttributes()))).toBe(expected);
  });
});

describe('[R14] [R41] requests that were there', () => {
  const states: readonly (readonly [string, Attributes, RequestStatus | undefined, number, string])[] = [
    ['one without a status is Pending', execAttributes(), undefined, 0, 'ApprovalRequired Pending'],
    ['a pending one is joined', execAttributes(), { state: 'Pending' }, 0, 'ApprovalRequired Pending'],
    ['Denied a moment under 10 m ago', execAttributes(), endedStatus('Denied', NOW), 599_999, 'Deny Denied'],
    ['Denied 10 m ago', execAttributes(), endedStatus('Denied', NOW), 600_000, 'ApprovalRequired NotAsked'],
    ['Expired a moment under 60 s ago', execAttributes(), endedStatus('Expired', NOW), 59_999, 'Deny Expired'],
    ['Expired 60 s ago', execAttributes(), endedStatus('Expired', NOW), 60_000, 'ApprovalRequired NotAsked'],
    ['Revoked a moment under 60 s ago', execAttributes(), endedStatus('Revoked', NOW), 59_999, 'Deny Revoked'],
    ['Revoked 60 s ago', execAttributes(), endedStatus('Revoked', NOW), 60_000, 'ApprovalRequired NotAsked'],
    ['Cancelled just now', execAttributes(), endedStatus('Cancelled', NOW), 0, 'ApprovalRequired NotAsked'],
    ['an exec used a moment under 5 s ago', execAttributes(), endedStatus('Consumed', NOW), 4999, 'Deny AlreadyUsed'],
    ['an exec used 5 s ago', execAttributes(), endedStatus('Consumed', NOW), 5000, 'ApprovalRequired NotAsked'],
    [
      '[R40] an update used a moment under 5 s ago',
      updateAttributes(),
      endedStatus('Consumed', NOW),
      4999,
      'Allow Reviewed',
    ],
    [
      '[R40] an update used 5 s ago',
      updateAttributes(),
      endedStatus('Consumed', NOW),
      5000,
      'ApprovalRequired NotAsked',
    ],
    ['[R40] a create', createAttributes(), endedStatus('Consumed', NOW), 1, 'Allow Reviewed'],
    ['[R40] a delete', deleteAttributes(), endedStatus('Consumed', NOW), 1, 'Allow Reviewed'],
    [
      '[R40] an eviction is used once',
      createAttributes(
        { kind: 'Eviction', metadata: { name: 'web-0', namespace: 'prod' } },
        { group: '', resource: 'pods', subresource: 'eviction', name: 'web-0' },
      ),
      endedStatus('Consumed', NOW),
      1,
      'Deny AlreadyUsed',
    ],
  ];
  test.each(states)('%s', (_, attributes, status, later, expected) => {
    const requests = [requestFor(gatedOf(attributes), status)];
    expect(verdict(decideIn({ requests, freshAt: NOW + later }, attributes, NOW + later))).toBe(expected);
  });

  test('a pending one is joined whatever ended before it, unless it was used just now', () => {
    const gated = gatedOf();
    const pending = requestFor(gated, { state: 'Pending' }, 'b');
    const after = (status: RequestStatus) => verdict(decideIn({ requests: [requestFor(gated, status, 'a'), pending] }));
    expect(after(endedStatus('Denied', NOW))).toBe('ApprovalRequired Pending');
    expect(after(endedStatus('Consumed', NOW))).toBe('Deny AlreadyUsed');
  });

  test('a cancelled one does not end the cool-down of a denied one', () => {
    const gated = gatedOf();
    const requests = [
      requestFor(gated, endedStatus('Denied', NOW - 2000), 'a'),
      requestFor(gated, endedStatus('Cancelled', NOW), 'b'),
    ];
    expect(verdict(decideIn({ requests }))).toBe('Deny Denied');
  });

  test('[R30] a used one is not answered again where the terms changed meanwhile', () => {
    const requests = [requestFor(gatedOf(updateAttributes()), endedStatus('Consumed', NOW))];
    const policies = [
      approvalPolicy({ approval: { stages: [{ name: 'leads', approvers: [{ kind: 'Group', name: 'leads' }] }] } }),
    ];
    expect(verdict(decideIn({ requests, policies }, updateAttributes()))).toBe('Deny AlreadyUsed');
  });

  test.each<[string, number, number, string]>([
    ['below both caps', 2, 4, 'ApprovalRequired NotAsked'],
    ['at the cap of the requester', 3, 3, 'Deny TooManyRequests'],
    ['at the cap of all', 0, 5, 'Deny TooManyRequests'],
  ])('%s', (_, ofRequester, inAll, expected) => {
    const pending = (username: string) => ({ ofRequester: username === ALICE.username ? ofRequester : 99, inAll });
    expect(verdict(decideIn({ pending }))).toBe(expected);
  });

  test('caps do not stop what is asked already, nor what is approved', () => {
    const gated = gatedOf();
    expect(verdict(decideIn({ pending: capped, requests: [requestFor(gated)] }))).toBe('ApprovalRequired Pending');
    expect(
      verdict(decideIn({ pending: capped, requests: [requestFor(gated, approvedStatus(gated, NOW + 1000))] })),
    ).toBe('Allow Approved');
  });
});

test('of thousands that have ended no more are looked into than it takes to know the last', () => {
  const gated = gatedOf();
  const ended = Array.from({ length: 2_000 }, (_, index) =>
    requestFor(gated, endedStatus('Cancelled', NOW - 1_000_000 - index * 1_000), `uid-${index}`),
  );
  const denied = requestFor(gated, endedStatus('Denied', NOW - 2_000_000), 'denied');
  let looked = 0;
  const isRequest = () => {
    looked += 1;
    return true;
  };
  const settings = { ...SETTINGS, seals: { ...SETTINGS.seals, isRequest } };
  const found = lookup(gated, { scopes: () => [], requests: () => [denied, ...ended] }, settings);
  expect([found.ended?.metadata.uid, found.settled?.metadata.uid]).toEqual(['uid-0', 'denied']);
  expect(looked).toBeLessThan(5);
});

test('one that is not true does not stand in the way of an older one that is', () => {
  const gated = gatedOf();
  const forgery = { ...requestFor(gated, endedStatus('Denied', NOW), 'forged'), forged: true };
  const denied = requestFor(gated, endedStatus('Denied', NOW - 1_000), 'denied');
  const isStatus = (request: object) => !('forged' in request);
  const settings = { ...SETTINGS, seals: { ...SETTINGS.seals, isStatus } };
  const found = lookup(gated, { scopes: () => [], requests: () => [forgery, denied] }, settings);
  expect([found.ended?.metadata.uid, found.settled?.metadata.uid]).toEqual(['denied', 'denied']);
});

describe('[R14] whoever asks and cancels, and asks again,', () => {
  const cancelling = (count: number) => ({
    cancelled: (_username: string, since: number) => (since === NOW - 24 * 3_600_000 ? count : 0),
  });
  test.each([
    ['may do so for a while', 49, 'ApprovalRequired NotAsked'],
    ['is refused in the end', 50, 'Deny TooManyRequests'],
  ])('%s', (_, count, expected) => {
    expect(verdict(decideIn(cancelling(count)))).toBe(expected);
  });

  test('may use still what was approved', () => {
    const gated = gatedOf();
    const approved = requestFor(gated, approvedStatus(gated, NOW + 1000));
    expect(verdict(decideIn({ ...cancelling(50), requests: [approved] }))).toBe('Allow Approved');
  });
});
