import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import {
  CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
} from '../../../test/builders/own-kinds.ts';
import type { Attributes } from '../../core/attributes/attributes.ts';
import { mutateOwnKinds, validateOwnKinds } from './review-own-kinds.ts';

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
});

function policy(operation: Attributes['operation'], object: object | null, overrides: Partial<Attributes> = {}) {
  return validateOwnKinds(world.ports)(ownKindAttributes('approvalpolicies', operation, object, overrides), call);
}

describe('a policy', () => {
  test('that can be enforced as written is allowed', async () => {
    expect(await policy('CREATE', approvalPolicy())).toEqual({ allowed: true });
    expect(await policy('UPDATE', approvalPolicy(), { oldObject: approvalPolicy() as never })).toEqual({
      allowed: true,
    });
  });

  test('that cannot is refused with 422 and a cause for each field', async () => {
    const broken = approvalPolicy({
      masking: {},
      approval: { stages: [{ name: 'x', approvers: [{ kind: 'Group', name: 'system:authenticated' }] }] },
    });
    expect(await policy('CREATE', broken)).toMatchObject({
      allowed: false,
      status: 422,
      reason: 'Invalid',
      causes: [
        { reason: 'FieldValueInvalid', field: 'spec.masking' },
        { reason: 'FieldValueInvalid', field: 'spec.approval.stages[0].approvers[0].name' },
      ],
    });
  });

  test('with so many problems that they fill a page is refused with a page', async () => {
    const approvers = Array.from({ length: 64 }, () => ({ kind: 'Group' as const, name: 'system:authenticated' }));
    const answer = await policy('CREATE', approvalPolicy({ approval: { stages: [{ name: 'x', approvers }] } }));
    expect(answer.allowed ? '' : answer.message).toHaveLength(4096);
  });

  test('is deleted by whoever RBAC allows', async () => {
    expect(await policy('DELETE', null, { oldObject: approvalPolicy() as never })).toEqual({ allowed: true });
  });

  test('has a status that only its controller writes, whatever its spec', async () => {
    const overrides = { subresource: 'status', oldObject: approvalPolicy() as never };
    const object = approvalPolicy({ masking: {} });
    expect(await policy('UPDATE', object, overrides)).toMatchObject({ allowed: false, status: 403 });
    expect(await policy('UPDATE', object, { ...overrides, user: userNamed(CONTROLLER) })).toEqual({ allowed: true });
  });
});

test.each([
  ['another group', { group: 'apps' }],
  ['another kind of our group', { resource: 'approvalthings' }],
])('what is %s is not ours to allow', async (_sentence, overrides) => {
  const attributes = ownKindAttributes('approvalpolicies', 'CREATE', approvalPolicy(), overrides);
  expect(await validateOwnKinds(world.ports)(attributes, call)).toMatchObject({ allowed: false, status: 403 });
});

test('only requests and votes are stamped', async () => {
  const attributes = ownKindAttributes('approvalpolicies', 'CREATE', approvalPolicy());
  expect(await mutateOwnKinds(world.ports)(attributes, call)).toEqual({ allowed: true });
  expect(await mutateOwnKinds(world.ports)({ ...attributes, group: 'apps' }, call)).toMatchObject({ allowed: false });
});
