import { GROUP, PLURALS } from '../../core/api/group.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import { approvalRequestSchema } from '../../core/api/generated/approval-request-schema.ts';
import { approvalVoteSchema } from '../../core/api/generated/approval-vote-schema.ts';
import { ALLOWED, forbidden } from '../review-answer.ts';
import type { Review } from '../review-handler.ts';
import { validateApprovalPolicy } from './approval-policy/validate.ts';
import { mutateApprovalRequest } from './approval-request/mutate.ts';
import { type ValidatePorts, validateApprovalRequest } from './approval-request/validate.ts';
import { mutateApprovalVote } from './approval-vote/mutate.ts';
import { type VotePorts, validateApprovalVote } from './approval-vote/validate.ts';
import type { Identities } from './identities.ts';

export interface OwnKindsPorts extends ValidatePorts, VotePorts {
  readonly compile: PolicyCompiler;
  readonly identities: Identities;
}

/** The mutating review of our own kinds: it stamps who asks and who votes. */
export function mutateOwnKinds(ports: OwnKindsPorts): Review {
  const schemas = new Map([
    [PLURALS.ApprovalRequest as string, approvalRequestSchema()],
    [PLURALS.ApprovalVote as string, approvalVoteSchema()],
  ]);
  return async (attributes, call) => {
    if (attributes.group !== GROUP) return forbidden('not a kind of ours');
    const { spec } = attributes.object ?? {};
    // Mutating reviews come before the API server's own schema check: what that will refuse is left to it.
    if (schemas.get(attributes.resource)?.safeParse({ spec }).success === false) return ALLOWED;
    switch (attributes.resource) {
      case PLURALS.ApprovalRequest:
        return await mutateApprovalRequest(attributes, ports, ports.identities, call.signal);
      case PLURALS.ApprovalVote:
        return mutateApprovalVote(attributes);
      default:
        return ALLOWED;
    }
  };
}

/** The validating review of our own kinds and their status. */
export function validateOwnKinds(ports: OwnKindsPorts): Review {
  return async (attributes, call) => {
    if (attributes.group !== GROUP) return forbidden('not a kind of ours');
    switch (attributes.resource) {
      case PLURALS.ApprovalPolicy:
        return validateApprovalPolicy(attributes, ports.compile, ports.identities);
      case PLURALS.ApprovalRequest:
        return await validateApprovalRequest(attributes, ports, ports.identities, call.signal);
      case PLURALS.ApprovalVote:
        return await validateApprovalVote(attributes, ports, ports.identities, call.signal);
      default:
        return forbidden('not a kind of ours');
    }
  };
}
