import { isNamespace } from '../attributes/is-namespace.ts';
import { describeAction, type Described, ignoredContent } from '../attributes/action.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { hasCredentialId } from '../attributes/credential-id.ts';
import { digestOf, fingerprintOf } from '../attributes/digest.ts';
import { summarise } from '../attributes/summary.ts';
import { createGuardBudget } from './cel/guard-budget.ts';
import type { CompiledPolicy, ReadyPolicy } from './compile.ts';
import type { GatedAction } from './gated-action.ts';
import { type GuardrailRefusal, judgeGuardrails } from './guardrails.ts';
import { ignorePathsOf } from './ignore-paths.ts';
import { type Observation, observe, type Trial } from './observe.ts';
import { isSubject, type MatchInput, matchInput, matchPolicy, timedBy } from './policy-match.ts';
import { requestNamespace } from './request-place.ts';
import type { RequesterClass } from './requester-class.ts';
import type { DecisionSettings } from './settings.ts';
import { askedScope } from './asked-scope.ts';
import type { Snapshot } from './snapshot.ts';
import { explained } from './stepping-round/explain.ts';
import { shortestWaiting, waitingFor } from './waiting.ts';

export type Gate =
  | {
      readonly kind: 'Gated';
      readonly gated: GatedAction;
      /** R33: whether some policy does not name it, and asks because it leads round. */
      readonly stepping: boolean;
    }
  | { readonly kind: 'Open'; readonly reason: 'NoPolicyMatches' | 'NothingChanged' }
  /** Only policies that are not enforced match. */
  | { readonly kind: 'Open'; readonly reason: 'WouldAsk' | 'WouldDeny'; readonly observed: readonly Observation[] }
  | {
      readonly kind: 'Refused';
      readonly reason: 'TooManyPolicies' | 'PolicyNotReady' | Extract<Described, { kind: 'Refused' }>['reason'];
      readonly message: string;
      readonly refusedBy?: undefined;
    }
  | GuardrailRefusal;

/** What the gate needs of the settings. */
export type GateSettings = Pick<DecisionSettings, 'systemNamespace' | 'hmac' | 'impersonationShows'>;

export interface GateOptions {
  readonly class: RequesterClass;
  /** The canonical action, asked for only when a policy matches, without the values at the paths that all of them ignore. */
  readonly describe: (ignorePaths: readonly string[]) => Described;
  /**
   * False where the objects of a change are not at hand: policies then match whatever their object selectors and
   * conditions would say. More policies than needed ask more people, never fewer.
   */
  readonly contentKnown: boolean;
  /** True where its author says what is asked for: policies that grant a scope make none of it. */
  readonly asWritten?: boolean;
}

/** The CRD's maxItems of spec.policies. */
const POLICIES_LIMIT = 16;

/** Which policies stand before a request to the API server, and what exactly an approval would be bound to. */
export function gate(attributes: Attributes, snapshot: Snapshot, settings: GateSettings, options: GateOptions): Gate {
  const namespaceObject = namespaceOf(attributes, snapshot);
  const input = matchInput(attributes, namespaceObject, options.contentKnown);
  // A policy on trial stops nobody: it must not take the time of those that are enforced either.
  const onTrial = timedBy(createGuardBudget(), input);
  const matching = matchPolicies(snapshot.policies(input.target), input, onTrial);
  if (matching.kind === 'Refused') return matching;
  const { policies, steps, trials } = matching;
  if (policies.length === 0 && trials.length === 0) return { kind: 'Open', reason: 'NoPolicyMatches' };
  if (policies.length > POLICIES_LIMIT) {
    return {
      kind: 'Refused',
      reason: 'TooManyPolicies',
      message: `more than ${POLICIES_LIMIT} policies match this request`,
    };
  }
  const impersonated = settings.impersonationShows === true && !hasCredentialId(attributes.user);
  const terms = policies.map((policy) => policy.terms);
  const ignorePaths = ignorePathsOf(terms);
  const described = options.describe(ignorePaths);
  if (described.kind === 'NothingChanged') return { kind: 'Open', reason: 'NothingChanged' };
  const observed = observe(trials, described, onTrial);
  if (policies.length === 0) return openWith(observed);
  if (described.kind === 'Refused') return described;
  const refusal = judgeGuardrails(policies, input);
  if (refusal !== undefined) return refusal;
  const digest = digestOf(described.action);
  const ignored = ignoredContent(attributes, settings.hmac, ignorePaths);
  // What leads round a policy is approved for what it is: an approval of any update is none of leaving its selector.
  const scope =
    steps.length > 0 || options.asWritten === true ? undefined : askedScope(described.action, terms, attributes.user);
  return {
    kind: 'Gated',
    stepping: steps.length > 0,
    gated: {
      user: attributes.user,
      class: options.class,
      ...(impersonated ? { impersonated } : {}),
      action: described.action,
      digest,
      fingerprint: fingerprintOf(attributes.user, digest),
      summary: explained(summarise(described.action), steps, impersonated),
      repeatable: isRepeatable(attributes),
      ...(ignored === undefined ? {} : { ignored }),
      ...(scope === undefined ? {} : { scope: { ...scope, summary: explained(scope.summary, [], impersonated) } }),
      policies: terms,
      waiting: shortestWaiting(
        policies.map(({ wait }) =>
          waitingFor(wait, options.class, (subject) =>
            isSubject(subject, attributes.user.username, attributes.user.groups),
          ),
        ),
      ),
      ...(observed.length === 0 ? {} : { observed }),
      namespace: requestNamespace(described.action, namespaceObject, settings.systemNamespace),
    },
  };
}

type Matching =
  | {
      readonly kind: 'Matched';
      readonly policies: readonly ReadyPolicy[];
      /** R33: of those that match what leads round them, why. */
      readonly steps: readonly { readonly policy: string; readonly why: string }[];
      readonly trials: readonly Trial[];
    }
  | Extract<Gate, { kind: 'Refused' }>;

/** False where no policy matches by its rules, namespaces and subjects, whatever the content of the request turns out to be. */
export function mayMatch(attributes: Attributes, snapshot: Pick<Snapshot, 'policies' | 'namespace'>): boolean {
  const input = matchInput(attributes, namespaceOf(attributes, snapshot), false);
  return snapshot.policies(input.target).some((policy) => matchPolicy(policy, input).matches !== false);
}

/** A policy that is not ready denies, whatever its mode; one in Warn or Audit that cannot be evaluated does not (it holds nothing). */
function matchPolicies(compiled: readonly CompiledPolicy[], input: MatchInput, onTrial: MatchInput): Matching {
  const policies: ReadyPolicy[] = [];
  const steps: { policy: string; why: string }[] = [];
  const trials: Trial[] = [];
  for (const policy of compiled) {
    const match = matchPolicy(policy, isOnTrial(policy) ? onTrial : input);
    if (match.matches === false) continue;
    if (isOnTrial(policy)) trials.push({ policy, match });
    else if (match.matches === 'unknown') return { kind: 'Refused', reason: 'PolicyNotReady', message: match.reason };
    else if (policy.ready) {
      policies.push(policy);
      if (match.step !== undefined) steps.push({ policy: policy.name, why: match.step });
    }
  }
  return { kind: 'Matched', policies, steps, trials };
}

function isOnTrial(policy: CompiledPolicy): policy is Trial['policy'] {
  return policy.ready && policy.mode !== 'Enforce';
}

function openWith(observed: readonly Observation[]): Gate {
  const reason = observed.some(({ would }) => would === 'Deny') ? 'WouldDeny' : 'WouldAsk';
  return { kind: 'Open', reason, observed };
}

/** The gate before a request as an enforcement point met it. */
export function gateReviewed(
  attributes: Attributes,
  snapshot: Snapshot,
  settings: GateSettings,
  requester: RequesterClass,
): Gate {
  return gate(attributes, snapshot, settings, {
    class: requester,
    describe: (ignorePaths) => describeAction(attributes, settings.hmac, ignorePaths),
    contentKnown: true,
  });
}

/** null for a cluster-scoped target; undefined when the namespace is not known. */
function namespaceOf(attributes: Attributes, snapshot: Pick<Snapshot, 'namespace'>) {
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
