import { enforce } from '../../enforcement/enforce.ts';
import { DENIALS, type Outcome } from '../../enforcement/outcome.ts';
import type { EnforcementPorts } from '../../enforcement/ports.ts';
import type { Cause, ReviewAnswer } from '../review-answer.ts';
import type { Review } from '../review-handler.ts';

/** The validating review of whatever the policies name: parse, enforce, render. */
export function reviewGatedAction(ports: EnforcementPorts): Review {
  return async (attributes, call) => renderOutcome(await enforce(attributes, ports, call));
}

/** DESIGN §4 fact 7: the decision id travels in the audit event, allowed or denied. */
export function renderOutcome(outcome: Outcome): ReviewAnswer {
  const auditAnnotations = {
    decision: outcome.id,
    code: outcome.code,
    ...(outcome.facts.request === undefined ? {} : { request: outcome.facts.request }),
    ...(outcome.facts.digest === undefined ? {} : { digest: outcome.facts.digest }),
    ...(outcome.facts.observed === undefined ? {} : { observed: outcome.facts.observed.join(',') }),
  };
  if (outcome.kind === 'Allowed') return { allowed: true, warnings: outcome.warnings, auditAnnotations };
  const { retryAfterSeconds } = outcome;
  const status = retryAfterSeconds === undefined ? DENIALS[outcome.code].status : 429;
  return {
    allowed: false,
    status,
    reason: REASONS[status] ?? 'Forbidden',
    message: outcome.message,
    causes: causesOf(outcome),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    auditAnnotations,
  };
}

/** metav1.StatusReason by HTTP status. */
const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};

/** The facts of the line again, one a cause: clients that read details need not parse a sentence. */
function causesOf(outcome: Extract<Outcome, { kind: 'Denied' | 'Asked' }>): Cause[] {
  const { request, expires, retry, digest } = outcome.facts;
  const facts: Readonly<Record<string, string | undefined>> = {
    code: outcome.code,
    decision: outcome.id,
    request,
    expires,
    digest,
    retry: retry === undefined ? undefined : String(retry),
  };
  return Object.entries(facts).flatMap(([field, message]) =>
    message === undefined ? [] : [{ reason: outcome.code, field: `sallyport.${field}`, message }],
  );
}
