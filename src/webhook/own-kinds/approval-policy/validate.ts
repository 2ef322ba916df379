import type { ApprovalPolicy } from '../../../core/api/kinds.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import type { PolicyCompiler } from '../../../core/decision/compile.ts';
import type { Problem } from '../../../core/decision/problem.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import { holds, type Identities } from '../identities.ts';

/** A policy is compiled before it is stored: what cannot be enforced as written is refused, with the place. */
export function validateApprovalPolicy(
  attributes: Attributes,
  compile: PolicyCompiler,
  identities: Identities,
): ReviewAnswer {
  const { operation, subresource, user } = attributes;
  if (subresource === 'status') {
    return holds(identities.writeStatus, user, identities)
      ? ALLOWED
      : forbidden('the status of an ApprovalPolicy is written by its controller alone');
  }
  if (operation === 'DELETE' || attributes.object === null) return ALLOWED;
  const compiled = compile(attributes.object as unknown as ApprovalPolicy);
  return compiled.ready ? ALLOWED : invalid(compiled.name, compiled.problems);
}

/** As the API server itself says that an object is invalid: 422 and a cause for each field. */
function invalid(name: string, problems: readonly Problem[]): ReviewAnswer {
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  return {
    allowed: false,
    status: 422,
    reason: 'Invalid',
    message: `ApprovalPolicy ${name} is refused: ${lines.join('; ')}`.slice(0, 4096),
    target: { kind: 'ApprovalPolicy', name },
    causes: problems.map(({ path, message }) => ({ reason: 'FieldValueInvalid', field: path, message })),
  };
}
