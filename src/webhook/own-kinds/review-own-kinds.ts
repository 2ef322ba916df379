import type { ZodType } from 'zod';
import type { Attributes } from '../../core/attributes/attributes.ts';
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
  const fits = createShapeCheck();
  return async (attributes, call) => {
    if (attributes.group !== GROUP) return forbidden('not a kind of ours');
    // Mutating reviews come before the API server's own schema check: what that will refuse is left to it.
    if (!fits(attributes)) return ALLOWED;
    switch (attributes.resource) {
      case PLURALS.ApprovalRequest:
        return await mutateApprovalRequest(attributes, ports, ports.identities, call.signal);
      case PLURALS.ApprovalVote:
        return await mutateApprovalVote(attributes, ports, ports.identities, call.signal);
      default:
        return ALLOWED;
    }
  };
}

/** The validating review of our own kinds and their status. */
export function validateOwnKinds(ports: OwnKindsPorts): Review {
  const fits = createShapeCheck();
  return async (attributes, call) => {
    if (attributes.group !== GROUP || !fits(attributes)) return forbidden('not a kind of ours as its schema has it');
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

/** Whether what a review shows of a request or a vote has the shape that the code after it takes for granted. */
function createShapeCheck(): (attributes: Attributes) => boolean {
  const schemas = new Map<string, ZodType>([
    [PLURALS.ApprovalRequest, approvalRequestSchema()],
    [PLURALS.ApprovalVote, approvalVoteSchema()],
  ]);
  return ({ resource, object, oldObject }) => {
    const schema = schemas.get(resource);
    const shown = [object, oldObject].filter((each) => each !== null);
    return schema === undefined || shown.every(({ spec }) => schema.safeParse({ spec }).success);
  };
}
