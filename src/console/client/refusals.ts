import type { VoteDecision } from '../../core/api/kinds.ts';
import { DECISIONS, type May } from '../api.ts';

export interface Refused {
  readonly decisions: readonly VoteDecision[];
  readonly message: string;
}

export function allowed(may: Readonly<Record<VoteDecision, May>>): VoteDecision[] {
  return DECISIONS.filter((decision) => may[decision].ok);
}

/** Why the others are not possible; one reason for several is told once. */
export function refusals(may: Readonly<Record<VoteDecision, May>>): Refused[] {
  const byMessage = new Map<string, VoteDecision[]>();
  for (const decision of DECISIONS) {
    const answer = may[decision];
    if (!answer.ok) byMessage.set(answer.message, [...(byMessage.get(answer.message) ?? []), decision]);
  }
  return [...byMessage].map(([message, decisions]) => ({ decisions, message }));
}
