import { isNamespace } from '../core/attributes/is-namespace.ts';
import type { Action, UserInfo } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { describeAction } from '../core/attributes/action.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import type { CompiledPolicy } from '../core/decision/compile.ts';
import { type Explanation, explainPolicy } from '../core/decision/explain.ts';
import { gateReviewed } from '../core/decision/gate.ts';
import { matchInput } from '../core/decision/policy-match.ts';
import { createPolicyIndex } from '../core/decision/match/policy-index.ts';
import { neverWaits, type RequesterClass, requesterClass } from '../core/decision/requester-class.ts';
import type { PolicyTerms } from '../core/api/kinds.ts';
import { createPeople } from '../core/people/people.ts';
import type { SeenMap } from './identity-report.ts';

/** What Sallyport would say to an action that nobody has asked for yet. */
export interface ExplainedAction {
  readonly attributes: Attributes;
  readonly requester: ExplainedRequester;
  readonly policies: readonly Explanation[];
  readonly verdict:
    | {
        readonly type: 'Free';
        readonly reason: 'NoPolicyMatches' | 'NothingChanged' | 'SystemIdentity' | 'WouldAsk' | 'WouldDeny';
      }
    | { readonly type: 'Refused'; readonly code: string; readonly message: string }
    | {
        readonly type: 'NeedsApproval';
        readonly terms: readonly PolicyTerms[];
        readonly action: Action;
        /** Undefined for a write that is no scope: the client that makes it adds to it; and for a Secret: it depends on a key of ours. */
        readonly digest: string | undefined;
      };
}

/** What the caller's own rights tell of whom Sallyport would take them for. */
export interface ExplainedRequester {
  readonly username: string;
  /** Absent where the people map would say whether it is Agent, and the caller does not see one that counts. */
  readonly class?: RequesterClass;
  /** Of an agent. */
  readonly owner?: string;
  readonly peopleMap: SeenMap['state'];
}

/**
 * By the same code as the webhook's.
 *
 * @param namespace the Namespace of the target; null for a cluster-scoped one
 * @param people the people map, as far as the caller sees it
 */
export function explainAction(
  attributes: Attributes,
  policies: readonly CompiledPolicy[],
  namespace: JsonObject | null,
  people: SeenMap = { state: 'None' },
): ExplainedAction {
  const namespaceObject = isNamespace(attributes) ? (attributes.oldObject ?? attributes.object) : namespace;
  const input = matchInput(attributes, namespaceObject, true);
  return {
    attributes,
    requester: requesterOf(attributes.user, people),
    policies: policies.map((policy) => explainPolicy(policy, input)),
    verdict: verdictOf(attributes, policies, namespace),
  };
}

function requesterOf(user: UserInfo, seen: SeenMap): ExplainedRequester {
  const { username } = user;
  const people = seen.state === 'Read' ? createPeople(seen.map) : undefined;
  const settled = requesterClass(user, { ourUsernames: new Set(), people: () => people });
  const asked = { username, peopleMap: seen.state };
  const owner = people?.ofUsername(username).owner;
  if (settled === 'Agent' && owner !== undefined) return { ...asked, class: settled, owner };
  const isKnown = settled === 'System' || seen.state === 'Read' || seen.state === 'None';
  return isKnown ? { ...asked, class: settled } : asked;
}

function verdictOf(
  attributes: Attributes,
  policies: readonly CompiledPolicy[],
  namespace: JsonObject | null,
): ExplainedAction['verdict'] {
  const requester = requesterClass(attributes.user, { ourUsernames: new Set() });
  if (neverWaits(requester, attributes.operation)) return { type: 'Free', reason: 'SystemIdentity' };
  const snapshot = {
    freshAt: 0,
    policies: createPolicyIndex(policies),
    namespace: () => namespace ?? undefined,
    requests: () => [],
    scopes: () => [],
    pending: () => ({ ofRequester: 0, inAll: 0 }),
    cancelled: () => 0,
  };
  // Where a request would live is nothing that is explained.
  const settings = { systemNamespace: '', hmac: numbered() };
  const gate = gateReviewed(attributes, snapshot, settings, requester);
  switch (gate.kind) {
    case 'Open':
      return { type: 'Free', reason: gate.reason };
    case 'Refused':
      return { type: 'Refused', code: gate.reason, message: gate.message };
    case 'Gated': {
      const { policies: terms, scope } = gate.gated;
      const { action, digest } = scope ?? gate.gated;
      return {
        type: 'NeedsApproval',
        terms,
        action,
        digest: attributes.operation === 'CONNECT' || scope !== undefined ? digest : undefined,
      };
    }
  }
}

/** Stands for the values of Secrets, of which only the webhook has the key: equal ones are equal, and none is shown. */
function numbered(): Parameters<typeof describeAction>[1] {
  const numbers = new Map<string, number>();
  return (value) => {
    const number = numbers.get(value) ?? numbers.size + 1;
    numbers.set(value, number);
    return `(secret value ${number})`;
  };
}
