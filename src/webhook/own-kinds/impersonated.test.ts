import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvalRequest, requestFor } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { gatedOf } from '../../../test/builders/decision-world.ts';
import {
  COLLECTOR,
  CONTROLLER,
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  WEBHOOK,
} from '../../../test/builders/own-kinds.ts';
import type { UserInfo } from '../../core/api/kinds.ts';
import type { Attributes } from '../../core/attributes/attributes.ts';
import { CREDENTIAL_ID } from '../../core/attributes/credential-id.ts';
import { validateOwnKinds } from './review-own-kinds.ts';

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
});

const GROUPS = ['system:serviceaccounts', 'system:authenticated'];
const itself = (username: string): UserInfo => ({ username, groups: GROUPS, extra: { [CREDENTIAL_ID]: ['JTI=1'] } });
const impersonated = (username: string): UserInfo => ({ username, groups: GROUPS, extra: {} });
const asAdmin = (username: string): UserInfo => ({ username, groups: ['system:masters'], extra: {} });

async function isAllowed(attributes: Attributes, impersonationShows: boolean): Promise<boolean> {
  const identities = { ...world.ports.identities, impersonationShows };
  return (await validateOwnKinds({ ...world.ports, identities })(attributes, call)).allowed;
}

const stored = approvalRequest({}, { state: 'Pending' });
const vote = approvalVote(stored, 'Approve', { username: 'bob' });
const status = { subresource: 'status' };

/** What only the one of this name may do. */
const deeds: Record<string, readonly [string, (user: UserInfo) => Attributes]> = {
  'delete a request, as retention': [
    CONTROLLER,
    (user) => ownKindAttributes('approvalrequests', 'DELETE', null, { oldObject: stored as never, user }),
  ],
  'delete a request, as the garbage collector': [
    COLLECTOR,
    (user) => ownKindAttributes('approvalrequests', 'DELETE', null, { oldObject: stored as never, user }),
  ],
  'delete a vote, as retention': [
    CONTROLLER,
    (user) => ownKindAttributes('approvalvotes', 'DELETE', null, { oldObject: vote as never, user }),
  ],
  'delete a vote, as the garbage collector': [
    COLLECTOR,
    (user) => ownKindAttributes('approvalvotes', 'DELETE', null, { oldObject: vote as never, user }),
  ],
  'change the metadata of a vote, as the garbage collector': [
    COLLECTOR,
    (user) => ownKindAttributes('approvalvotes', 'UPDATE', vote, { oldObject: vote as never, user }),
  ],
  'write the status of a request': [
    WEBHOOK,
    (user) => ownKindAttributes('approvalrequests', 'UPDATE', stored, { oldObject: stored as never, user, ...status }),
  ],
  'write the status of a policy': [
    CONTROLLER,
    (user) => ownKindAttributes('approvalpolicies', 'UPDATE', approvalPolicy(), { user, ...status }),
  ],
  'open a request for somebody else': [
    WEBHOOK,
    (user) => ownKindAttributes('approvalrequests', 'CREATE', requestFor(gatedOf()), { user }),
  ],
};

describe('[R20] nobody who impersonates one of ours may', () => {
  test.each(Object.entries(deeds))('%s', async (_, [username, deed]) => {
    expect(await isAllowed(deed(impersonated(username)), true)).toBe(false);
    expect(await isAllowed(deed(asAdmin(username)), false)).toBe(false);
    expect(await isAllowed(deed(itself(username)), true)).toBe(true);
    expect(await isAllowed(deed(impersonated(username)), false)).toBe(true);
  });
});
