import type { Described } from '../attributes/action.ts';
import { summarise } from '../attributes/summary.ts';
import type { ReadyPolicy } from './compile.ts';
import { whatIsAsked, whoIsMissing } from './denial.ts';
import { judgeGuardrails } from './guardrails.ts';
import type { MatchInput, PolicyMatch } from './policy-match.ts';

/** What a matching policy that is not enforced would have done: one in mode Warn says so, one in mode Audit is recorded. */
export interface Observation {
  readonly policy: string;
  readonly mode: 'Warn' | 'Audit';
  readonly would: 'Ask' | 'Deny';
  /** For the requester: `ask 1 of group sre for exec ls on prod/pods/web-0`, or why it would refuse. */
  readonly text: string;
  /** For the operator, where it would deny: which guardrail. */
  readonly detail?: string;
}

export interface Trial {
  readonly policy: ReadyPolicy & { readonly mode: 'Warn' | 'Audit' };
  /** One that cannot tell whether it matches would deny. */
  readonly match: Exclude<PolicyMatch, { matches: false }>;
}

/** Enough of them for a record; each costs the evaluation of its guardrails. */
const OBSERVED_LIMIT = 16;

/** Nothing of this opens or denies anything: a policy on trial stops nobody. */
export function observe(
  trials: readonly Trial[],
  described: Exclude<Described, { kind: 'NothingChanged' }>,
  input: MatchInput,
): Observation[] {
  return trials.slice(0, OBSERVED_LIMIT).map(({ policy, match }) => {
    const { name, mode } = policy;
    const refusal = refusalOf(policy, match, described, input);
    return refusal === undefined && described.kind === 'Action'
      ? {
          policy: name,
          mode,
          would: 'Ask',
          text: `ask ${whoIsMissing([policy.terms], [])} for ${whatIsAsked(summarise(described.action), described.action.namespace)}`,
        }
      : { policy: name, mode, would: 'Deny', text: `refuse this: ${refusal?.message ?? ''}`, ...detailOf(refusal) };
  });
}

interface Refusal {
  readonly message: string;
  readonly refusedBy?: { readonly detail: string };
}

function refusalOf(
  policy: ReadyPolicy,
  match: Trial['match'],
  described: Parameters<typeof observe>[1],
  input: MatchInput,
): Refusal | undefined {
  if (match.matches === 'unknown') return { message: match.reason };
  return described.kind === 'Refused' ? described : judgeGuardrails([policy], input);
}

function detailOf(refusal: Refusal | undefined): Pick<Observation, 'detail'> {
  return refusal === undefined ? {} : { detail: refusal.refusedBy?.detail ?? refusal.message };
}
