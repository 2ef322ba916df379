import type { ApprovalRequest } from '../core/api/kinds.ts';
import { renderDenial } from '../core/decision/denial.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import type { RefusedBy } from '../core/decision/guardrails.ts';
import { DENIALS, type DenialCode, type Facts, type Outcome } from './outcome.ts';

export interface DenialContext {
  readonly gated?: GatedAction;
  readonly request?: ApprovalRequest;
  readonly expires?: string;
  readonly detail?: string;
  readonly refusedBy?: RefusedBy;
}

export function denied(id: string, code: DenialCode, message: string, context: DenialContext = {}): Outcome {
  const retry = DENIALS[code].retry;
  const request = context.request === undefined ? undefined : requestReference(context.request);
  const line = renderDenial(`${message}. NOT executed`, {
    code,
    retry,
    ...(request === undefined ? {} : { request }),
    ...(context.expires === undefined ? {} : { expires: context.expires }),
  });
  return { kind: 'Denied', id, code, message: line, facts: { ...factsOf(context), retry } };
}

/**
 * An approval was used, and the record of it is not known to be kept. The use stays spent: whoever asks next cannot know that
 * the answer reached nobody.
 */
export function unrecorded({ id, facts }: Outcome): Outcome {
  const code = 'Unrecorded';
  const retry = DENIALS[code].retry;
  const text =
    'Sallyport could not keep a record of this in time, and lets nothing through without one; the approval was used; ask again';
  return {
    kind: 'Denied',
    id,
    code,
    message: renderDenial(`${text}. NOT executed`, {
      code,
      retry,
      ...(facts.request === undefined ? {} : { request: facts.request }),
    }),
    facts: { ...facts, retry, detail: 'the approval was used, and its record was not durable in time' },
  };
}

export function factsOf({ gated, request, expires, refusedBy, detail = refusedBy?.detail }: DenialContext): Facts {
  return {
    policies: gated?.policies.map((policy) => policy.name) ?? refusedBy?.policies ?? [],
    ...(gated === undefined ? {} : { digest: gated.digest }),
    ...(request === undefined ? {} : { request: requestReference(request) }),
    ...(expires === undefined ? {} : { expires }),
    ...(detail === undefined ? {} : { detail }),
  };
}

export function requestReference(request: Pick<ApprovalRequest, 'metadata'>): string {
  return `${request.metadata.namespace ?? ''}/${request.metadata.name ?? ''}`;
}
