import type { Reviewed } from '../../core/attributes/from-audit-event.ts';
import type { JsonObject } from '../../core/attributes/json.ts';
import { createJudge, type Judge } from '../../core/backtest/judge.ts';
import type { ReadyPolicy } from '../../core/decision/compile.ts';
import { PEOPLES_GROUP } from '../../core/decision/requester-class.ts';
import type { PolicyHistory, PolicyThen } from './policy-history.ts';
import type { SeenEvent } from './seen-event.ts';

/** Whether a request had to pass the gate. */
export type WasGated =
  | {
      readonly kind: 'Gated';
      readonly policies: readonly string[];
      /** False where an update may have changed nothing, which the gate would have seen, and let pass. */
      readonly certain: boolean;
    }
  | { readonly kind: 'Free' }
  /** `Settling`: a policy or a label changed about then. `NotShown`: it depends on what the event does not show. */
  | { readonly kind: 'Unknown'; readonly why: 'Settling' | 'NotShown' };

export interface GatedPorts {
  readonly history: Pick<PolicyHistory, 'during'>;
  /** The Namespace with the labels that it may have had from then on; none where they are not known. */
  readonly namespace: (name: string, from: number) => readonly JsonObject[];
  readonly ourUsernames: ReadonlySet<string>;
}

/** How long after it came in a request may be asked about: a webhook's time, the server's own, and its retries. */
const ADMISSION_MS = 90_000;

/** Clocks of API servers and ours. */
const SKEW_MS = 2_000;

type Answer = 'Gated' | 'GatedIfChanged' | 'Free' | 'NotShown';

/**
 * By the webhook's own code, as the policies stood. Nothing is guessed: gated is what every policy that may have stood then
 * would have stopped, whatever the event does not show. But one thing: whether an update changed anything is seen by the
 * gate alone, and it was not asked.
 */
export function createWasGated({ history, namespace, ourUsernames }: GatedPorts): (seen: SeenEvent) => WasGated {
  const judges = new WeakMap<ReadyPolicy, Judge>();
  const judgeOf = (policy: ReadyPolicy): Judge => {
    const judge = judges.get(policy) ?? createJudge(policy);
    judges.set(policy, judge);
    return judge;
  };
  const answerOf = (policy: PolicyThen, { reviewed }: SeenEvent, object: JsonObject | undefined): Answer => {
    if (policy === undefined) return 'Free';
    // What its rules match is denied, and nobody can tell more of it.
    if (!policy.ready) return 'NotShown';
    if (policy.mode !== 'Enforce') return 'Free';
    const verdict = judgeOf(policy)(inTruth(reviewed), () => object);
    switch (verdict.kind) {
      case 'Free':
        return 'Free';
      case 'Held':
      case 'Refused':
        return 'Gated';
      case 'Unknown':
        return verdict.missing.every((part) => part === 'change') ? 'GatedIfChanged' : 'NotShown';
    }
  };
  return (seen) => {
    const { reviewed, receivedAt, answeredAt } = seen;
    // R32: what is ours never waits for a write.
    const { attributes, impersonated } = reviewed;
    if (attributes.dryRun) return { kind: 'Free' };
    if (!impersonated && attributes.operation !== 'CONNECT' && ourUsernames.has(seen.username)) return { kind: 'Free' };
    const from = receivedAt - SKEW_MS;
    const then = attributes.namespace === undefined ? [] : namespace(attributes.namespace, from);
    const objects = then.length === 0 ? [undefined] : then;
    const until = Math.min(answeredAt, receivedAt + ADMISSION_MS) + SKEW_MS;
    const gating: string[] = [];
    let certain = false;
    let unknown: 'Settling' | 'NotShown' | undefined;
    for (const versions of history.during(from, until)) {
      const answers = versions.flatMap((version) => objects.map((object) => answerOf(version, seen, object)));
      if (answers.every((answer) => answer === 'Free')) continue;
      const [one] = versions;
      if (answers.every(isGated)) {
        gating.push(one?.name ?? '');
        certain ||= answers.every((answer) => answer === 'Gated');
      } else unknown = answers.some(isGated) ? 'Settling' : (unknown ?? 'NotShown');
    }
    if (gating.length > 0) return { kind: 'Gated', policies: gating, certain };
    return unknown === undefined ? { kind: 'Free' } : { kind: 'Unknown', why: unknown };
  };
}

const isGated = (answer: Answer): boolean => answer === 'Gated' || answer === 'GatedIfChanged';

/**
 * R23: the API server itself says that this is somebody else. Whoever takes the name of the control plane passes admission,
 * which cannot tell; here they are one of the people.
 */
function inTruth(reviewed: Reviewed): Reviewed {
  if (!reviewed.impersonated) return reviewed;
  const { user, ...attributes } = reviewed.attributes;
  const { username, groups, extra } = user;
  return { ...reviewed, attributes: { ...attributes, user: { username, groups: [...groups, PEOPLES_GROUP], extra } } };
}
