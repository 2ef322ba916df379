import { printable } from '../attributes/printable.ts';
import type { ReadyPolicy } from './compile.ts';
import type { NamedCondition } from './named-conditions.ts';
import type { MatchInput } from './policy-match.ts';

/** Who refuses, for the record: `detail` says which guardrail. */
export interface RefusedBy {
  readonly policies: readonly string[];
  readonly detail: string;
}

/** Why a guardrail stops an action; `message` is for the requester and holds no values of the request. */
export interface GuardrailRefusal {
  readonly kind: 'Refused';
  /** PolicyNotReady: it cannot be said whether the guardrail holds, which is never a pass (R1). */
  readonly reason: 'Guardrail' | 'PolicyNotReady';
  readonly message: string;
  readonly refusedBy: RefusedBy;
}

/**
 * The first guardrail of matching policies that refuses an action, whoever has approved it; undefined where all of them
 * let it pass. One that refuses goes before one that cannot be evaluated: its text is worth more to the requester.
 */
export function judgeGuardrails(policies: readonly ReadyPolicy[], input: MatchInput): GuardrailRefusal | undefined {
  const refusals = policies.flatMap((policy) =>
    matchesForCertain(policy, input)
      ? policy.guardrails.flatMap((guardrail) => refusalOf(guardrail, policy, input) ?? [])
      : [],
  );
  return refusals.find(({ reason }) => reason === 'Guardrail') ?? refusals[0];
}

function refusalOf(guardrail: NamedCondition, policy: ReadyPolicy, input: MatchInput): GuardrailRefusal | undefined {
  const which = `guardrail ${guardrail.name} of policy ${policy.name}`;
  const refusal = { kind: 'Refused', refusedBy: { policies: [policy.name], detail: which } } as const;
  const result = guardrail.evaluate(input.variables);
  if (result.ok)
    return result.value ? { ...refusal, reason: 'Guardrail', message: textOf(guardrail, which) } : undefined;
  // Without the content, most say nothing. The review of the action itself asks them again, before anything is used.
  return input.contentKnown
    ? { ...refusal, reason: 'PolicyNotReady', message: `${which}: ${result.reason}` }
    : undefined;
}

function textOf({ message = '' }: NamedCondition, which: string): string {
  const said = printable(message.trim().replace(/[.\s]{1,8}$/, ''));
  return said === '' ? `refused by ${which}, approved or not` : `${said} (${which})`;
}

/** Where the content is not at hand, policies match that may not match the object at all: those refuse nothing for good. */
function matchesForCertain(policy: ReadyPolicy, { contentKnown, variables }: MatchInput): boolean {
  if (contentKnown) return true;
  return (
    policy.everyObject &&
    policy.conditions.every((condition) => {
      const result = condition.evaluate(variables);
      return result.ok && result.value;
    })
  );
}
