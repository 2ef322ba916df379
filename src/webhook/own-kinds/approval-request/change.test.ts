import { beforeEach, describe, expect, test } from 'vitest';
import { policyTerms } from '../../../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import {
  COLLECTOR,
  CONTROLLER,
  NAMESPACE_CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
  WEBHOOK,
} from '../../../../test/builders/own-kinds.ts';
import { verifies } from '../../../../test/harness/verifies.ts';
import type { ApprovalRequest, RequestSpec } from '../../../core/api/kinds.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { validateOwnKinds } from '../review-own-kinds.ts';

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
});

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

function update(before: ApprovalRequest, after: ApprovalRequest, user = userNamed('alice')): Attributes {
  return ownKindAttributes('approvalrequests', 'UPDATE', after, { oldObject: before as never, user });
}

async function refusal(attributes: Attributes): Promise<string> {
  const answer = await validateOwnKinds(world.ports)(attributes, call);
  return answer.allowed ? 'allowed' : `${answer.status} ${answer.reason}: ${answer.message}`;
}

describe('a change of a request', () => {
  const pending = approvalRequest({}, { state: 'Pending' });
  const asksForIncident = approvalRequest(
    { policies: [policyTerms({ requireReason: true, reasonPattern: 'INC-[0-9]+' })] },
    { state: 'Pending' },
  );
  const withSpec = (spec: Partial<RequestSpec>, of = pending): ApprovalRequest => ({
    ...of,
    spec: { ...of.spec, ...spec },
  });
  const withMetadata = (metadata: object): ApprovalRequest => ({
    ...pending,
    metadata: { ...pending.metadata, ...metadata },
  });

  const deletedBy = (finalizers: readonly string[]): ApprovalRequest =>
    withMetadata({ deletionTimestamp: '2026-01-01T10:05:00Z', finalizers });

  const changes: Record<string, readonly [Attributes, string | RegExp]> = {
    'of labels and annotations is free': [
      update(pending, withMetadata({ labels: { a: 'b' }, annotations: { c: 'd' } })),
      'allowed',
    ],
    'by its requester, who gives a reason while it is Pending, is allowed': [
      update(pending, withSpec({ reason: 'INC-1' })),
      'allowed',
    ],
    'by its requester, whose reason does not match what a policy asks for, is refused': [
      update(asksForIncident, withSpec({ reason: 'because' }, asksForIncident)),
      /the reason does not match INC-\[0-9\]\+/,
    ],
    'by its requester, whose reason matches what a policy asks for, is allowed': [
      update(asksForIncident, withSpec({ reason: 'INC-1' }, asksForIncident)),
      'allowed',
    ],
    'by its requester before the controller has seen it is allowed': [
      update(approvalRequest(), withSpec({ reason: 'INC-1' }, approvalRequest())),
      'allowed',
    ],
    'by somebody else who gives a reason is refused': [
      update(pending, withSpec({ reason: 'INC-1' }), userNamed('bob')),
      /only its requester/,
    ],
    'by cluster-admin who gives a reason is refused': [
      update(pending, withSpec({ reason: 'x' }), userNamed('admin', ['system:masters'])),
      /only its requester/,
    ],
    'of a reason that stands is refused': [
      update(withSpec({ reason: 'INC-1' }), withSpec({ reason: 'INC-2' })),
      /once, not changed/,
    ],
    'that takes the reason away is refused': [update(withSpec({ reason: 'INC-1' }), pending), /once, not changed/],
    'of the reason after it was Approved is refused': [
      update(
        approvalRequest({}, { state: 'Approved' }),
        withSpec({ reason: 'x' }, approvalRequest({}, { state: 'Approved' })),
      ),
      /only while the request is Pending/,
    ],
    'of its action is refused': [
      update(pending, withSpec({ action: { ...pending.spec.action, name: 'web-1' } })),
      /a request is never changed/,
    ],
    'of action and reason together is refused': [
      update(pending, withSpec({ reason: 'x', action: { ...pending.spec.action, name: 'web-1' } })),
      /a request is never changed/,
    ],
    'of its policies is refused': [update(pending, withSpec({ policies: [] })), /a request is never changed/],
    'of its owner is refused': [
      update(pending, withMetadata({ ownerReferences: [{ uid: 'x' }] })),
      /ownerReferences is not for you/,
    ],
    'of its finalizers is refused': [
      update(pending, withMetadata({ finalizers: ['x/y'] })),
      /finalizers is not for you/,
    ],
    'of finalizers by the garbage collector is refused too': [
      update(pending, withMetadata({ finalizers: ['orphan'] }), userNamed(COLLECTOR)),
      /finalizers is not for you/,
    ],
    'of finalizers by the garbage collector, when it ends a deletion in the foreground, is allowed': [
      update(deletedBy(['foregroundDeletion']), deletedBy([]), userNamed(COLLECTOR)),
      'allowed',
    ],
    'of finalizers by its requester, when it is being deleted, is refused': [
      update(deletedBy(['foregroundDeletion']), deletedBy([])),
      /finalizers is not for you/,
    ],
  };
  test.each(Object.entries(changes))('%s', async (_sentence, [attributes, expected]) => {
    expect(await refusal(attributes)).toMatch(expected);
  });
});

describe('the status of a request', () => {
  const who: Record<string, readonly [string, string | RegExp]> = {
    'is written by the controller': [CONTROLLER, 'allowed'],
    'is written by an enforcement point': [WEBHOOK, 'allowed'],
    'is not written by its requester': ['alice', /written by Sallyport alone/],
    'is not written by cluster-admin': ['kubernetes-admin', /written by Sallyport alone/],
    'is not written by another ServiceAccount of our namespace': [
      'system:serviceaccount:sallyport-system:default',
      /written by Sallyport alone/,
    ],
    'is not written by a controller of the cluster': [COLLECTOR, /written by Sallyport alone/],
  };
  test.each(Object.entries(who))('[R24] %s', async (_sentence, [username, expected]) => {
    const attributes = update(approvalRequest(), approvalRequest({}, { state: 'Approved' }), userNamed(username));
    expect(await refusal({ ...attributes, subresource: 'status' })).toMatch(expected);
  });
});

describe('the deletion of a request', () => {
  const who: Record<string, readonly [string, string | RegExp]> = {
    'by retention is allowed': [CONTROLLER, 'allowed'],
    'by the namespace controller is allowed': [NAMESPACE_CONTROLLER, 'allowed'],
    'by the garbage collector is allowed': [COLLECTOR, 'allowed'],
    'by an enforcement point is refused': [WEBHOOK, /is evidence/],
    'by its requester is refused': ['alice', /is evidence/],
    'by cluster-admin is refused': ['kubernetes-admin', /is evidence/],
    'by another ServiceAccount called like the garbage collector is refused': [
      'system:serviceaccount:prod:generic-garbage-collector',
      /is evidence/,
    ],
  };
  test.each(Object.entries(who))(`${verifies('R20')}%s`, async (_sentence, [username, expected]) => {
    const attributes = ownKindAttributes('approvalrequests', 'DELETE', null, {
      oldObject: approvalRequest() as never,
      user: userNamed(username),
    });
    expect(await refusal(attributes)).toMatch(expected);
  });

  test('of a whole collection is refused too', async () => {
    const all = ownKindAttributes('approvalrequests', 'DELETE', null, { namespace: 'prod' });
    expect(await refusal(all)).toMatch(/is evidence/);
  });
});

test('nothing connects to a request', async () => {
  expect(await refusal(ownKindAttributes('approvalrequests', 'CONNECT', {}))).toMatch(
    /not a kind of ours as its schema has it/,
  );
});
