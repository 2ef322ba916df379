import { describeAction, type Described } from '../attributes/action.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { hasCredentialId } from '../attributes/credential-id.ts';
import { digestOf, fingerprintOf } from '../attributes/digest.ts';
import { summarise } from '../attributes/summary.ts';
import type { GatedAction } from './gated-action.ts';
import { isNamespace, matchInput, matchPolicy } from './policy-match.ts';
import { requestNamespace } from './request-place.ts';
import type { RequesterClass } from './requester-class.ts';
import type { DecisionSettings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import { explained } from './stepping-round/explain.ts';

export type Gate =
  | { readonly kind: 'Gated'; readonly gated: GatedAction }
  | { readonly kind: 'Open'; readonly reason: 'NoPolicyMatches' | 'NothingChanged' }
  | {
      readonly kind: 'Refused';
      readonly reason: 'PolicyNotReady' | 'TooManyPolicies' | Extract<Described, { kind: 'Refused' }>['reason'];
      readonly message: string;
    };

export interface GateOptions {
  readonly class: RequesterClass;
  /** The canonical action, asked for only when a policy matches. */
  readonly describe: () => Described;
  /**
   * False where the objects of a change are not at hand: policies then match whatever their object selectors and
   * conditions would say. More policies than needed ask more people, never fewer.
   */
  readonly contentKnown: boolean;
}

/** The CRD's maxItems of spec.policies. */
const POLICIES_LIMIT = 16;

/** Which policies stand before a request to the API server, and what exactly an approval would be bound to. */
export function gate(
  attributes: Attributes,
  snapshot: Snapshot,
  settings: DecisionSettings,
  options: GateOptions,
): Gate {
  const namespaceObject = namespaceOf(attributes, snapshot);
  const input = matchInput(attributes, namespaceObject, options.contentKnown);
  const matches = snapshot.policies.map((policy) => ({ policy, match: matchPolicy(policy, input) }));
  const unknown = matches.map(({ match }) => match).find((match) => match.matches === 'unknown');
  if (unknown?.matches === 'unknown') return { kind: 'Refused', reason: 'PolicyNotReady', message: unknown.reason };
  const policies = matches.flatMap(({ policy, match }) =>
    match.matches === true && policy.ready ? [policy.terms] : [],
  );
  if (policies.length === 0) return { kind: 'Open', reason: 'NoPolicyMatches' };
  if (policies.length > POLICIES_LIMIT) {
    return {
      kind: 'Refused',
      reason: 'TooManyPolicies',
      message: `more than ${POLICIES_LIMIT} policies match this request`,
    };
  }
  const steps = matches.flatMap(({ policy, match }) =>
    match.matches === true && match.step !== undefined ? [{ policy: policy.name, why: match.step }] : [],
  );
  const impersonated = settings.impersonationShows === true && !hasCredentialId(attributes.user);
  const described = options.describe();
  if (described.kind === 'NothingChanged') return { kind: 'Open', reason: 'NothingChanged' };
  if (described.kind === 'Refused') return described;
  const digest = digestOf(described.action);
  return {
    kind: 'Gated',
    gated: {
      user: attributes.user,
      class: options.class,
      ...(impersonated ? { impersonated } : {}),
      action: described.action,
      digest,
      fingerprint: fingerprintOf(attributes.user, digest),
      summary: explained(summarise(described.action), steps, impersonated),
      repeatable: isRepeatable(attributes),
      policies,
      namespace: requestNamespace(described.action, namespaceObject, settings.systemNamespace),
    },
  };
}

/** The gate before a request as an enforcement point met it. */
export function gateReviewed(
  attributes: Attributes,
  snapshot: Snapshot,
  settings: DecisionSettings,
  requester: RequesterClass,
): Gate {
  return gate(attributes, snapshot, settings, {
    class: requester,
    describe: () => describeAction(attributes, settings.hmac),
    contentKnown: true,
  });
}

/** null for a cluster-scoped target; undefined when the namespace is not known. */
function namespaceOf(attributes: Attributes, snapshot: Snapshot) {
  if (isNamespace(attributes)) return attributes.oldObject ?? attributes.object;
  return attributes.namespace === undefined ? null : snapshot.namespace(attributes.namespace);
}

/** A virtual create stores nothing that could be reviewed again; so does the core group's Binding, a subresource in all but name. */
function isRepeatable(attributes: Attributes): boolean {
  if (attributes.operation === 'CONNECT') return false;
  return !(
    attributes.operation === 'CREATE' &&
    (attributes.subresource !== undefined || attributes.resource === 'bindings')
  );
}
