import { isNamespace } from '../attributes/is-namespace.ts';
import type { Subject } from '../api/kinds.ts';
import { serviceAccountUsername } from '../approval/person.ts';
import { type Attributes, resourceOf } from '../attributes/attributes.ts';
import { type JsonObject, stringAt } from '../attributes/json.ts';
import { containerFor, labelsOf } from '../attributes/live-pod.ts';
import { connectedName } from '../attributes/proxied-name.ts';
import {
  type CelInput,
  type CelVariables,
  celVariables,
  type ExecVariable,
  withBudget,
  withoutContent,
} from './cel/cel-variables.ts';
import type { GuardBudget } from './cel/guard-budget.ts';
import type { CompiledPolicy, ReadyPolicy } from './compile.ts';
import { isEmptySelector } from './match/label-selector.ts';
import { type RuleTarget, matchesRule } from './match/match-rule.ts';
import { always, type Step } from './stepping-round/step.ts';

export type PolicyMatch =
  | { readonly matches: false }
  /** `step` is why, where the request is not named but leads round what is (R33). */
  | { readonly matches: true; readonly step?: string }
  /** It cannot be said whether the policy matches: the request is denied. `reason` holds no values of the request. */
  | { readonly matches: 'unknown'; readonly reason: string };

/** What the predicates look at, made once a request. */
export interface MatchInput {
  readonly attributes: Attributes;
  readonly target: RuleTarget;
  /** The Namespace of the target; null for a cluster-scoped one; undefined when it is not known. */
  readonly namespaceObject: JsonObject | null | undefined;
  readonly variables: CelVariables;
  /** False where object and oldObject are not at hand: what looks at them then counts as matching. */
  readonly contentKnown: boolean;
}

export function matchInput(
  attributes: Attributes,
  namespaceObject: JsonObject | null | undefined,
  contentKnown: boolean,
): MatchInput {
  const variables = celVariables(new ReviewedVariables(attributes, namespaceObject ?? null));
  return {
    attributes,
    namespaceObject,
    contentKnown,
    target: {
      group: attributes.group,
      version: attributes.version,
      resource: attributes.resource,
      subresource: attributes.subresource ?? '',
      operation: attributes.operation,
      namespaced: attributes.namespace !== undefined && !isNamespace(attributes),
      names: namesOf(attributes),
    },
    variables: contentKnown ? variables : withoutContent(variables),
  };
}

/** The same, with the time of its conditions taken from another budget. */
export function timedBy(budget: GuardBudget, input: MatchInput): MatchInput {
  return { ...input, variables: withBudget(input.variables, budget) };
}

/**
 * Few reviews meet a condition, and fewer one that looks at everything. A class, since V8 gives each object literal with a
 * getter a hidden class of its own, which lives until the next full collection, and what the getter closes over with it.
 */
class ReviewedVariables implements CelInput {
  readonly #attributes: Attributes;
  readonly namespaceObject: JsonObject | null;

  constructor(attributes: Attributes, namespaceObject: JsonObject | null) {
    this.#attributes = attributes;
    this.namespaceObject = namespaceObject;
  }

  get request(): object {
    return requestVariable(this.#attributes);
  }

  get object(): JsonObject | null {
    return this.#attributes.object;
  }

  get oldObject(): JsonObject | null {
    return this.#attributes.oldObject;
  }

  get exec(): ExecVariable | null {
    return execVariable(this.#attributes);
  }
}

/**
 * In the order of ValidatingAdmissionPolicy: rules, namespace, subjects, object, conditions. Versions are not
 * compared: which version of an object the API server shows us depends on the rules of all policies together
 * (matchPolicy: Equivalent), and one policy must not open another.
 */
export function matchPolicy(policy: CompiledPolicy, input: MatchInput): PolicyMatch {
  if (!policy.rulesOfAnyVersion.some((rule) => matchesRule(rule, input.target)))
    return matchStep(policy, policy.steps, input);
  const match = matchNamed(policy, input);
  if (match.matches !== true || !grantsScope(policy) || !input.contentKnown) return match;
  // An approval of any update is none of one that deletes, or that leaves the policy.
  const round = matchStep(
    policy,
    policy.steps.filter(({ is }) => is !== always),
    input,
  );
  return round.matches === false ? match : round;
}

function grantsScope(policy: CompiledPolicy): boolean {
  return policy.ready && policy.terms.terms.grant.binding === 'Scope';
}

function matchNamed(policy: CompiledPolicy, input: MatchInput): PolicyMatch {
  if (!policy.ready) return notReady(policy.name);
  const namespace = matchNamespace(policy, input);
  if (namespace !== true) return namespace;
  if (!matchSubjects(policy, input.attributes)) return { matches: false };
  if (!input.contentKnown) return { matches: true };
  if (!matchObject(policy, input.attributes)) return { matches: false };
  return matchConditions(policy, input.variables);
}

/** R33. What its author named is judged by rules and conditions alone, but for what leads round a scope. */
function matchStep(policy: CompiledPolicy, steps: readonly Step[], input: MatchInput): PolicyMatch {
  for (const step of steps) {
    if (!matchesRule(step.rule, input.target)) continue;
    if (input.contentKnown && !step.is(input.attributes)) continue;
    const match = step.standsFor === 'Delete' ? matchNamed(policy, asDelete(input)) : matchItself(policy, step, input);
    if (match.matches === true) return { matches: true, step: step.why };
    if (match.matches === 'unknown') return match;
  }
  return { matches: false };
}

/** Conditions are about what the policy names: what has other content is asked for whatever they would say. */
function matchItself(policy: CompiledPolicy, step: Step, input: MatchInput): PolicyMatch {
  if (!policy.ready) return notReady(policy.name);
  const namespace = matchNamespace(policy, input);
  if (namespace !== true) return namespace;
  if (!matchSubjects(policy, input.attributes)) return { matches: false };
  return { matches: !input.contentKnown || !step.showsObject || matchObject(policy, input.attributes) };
}

/** The deletion of the old object that an update amounts to. */
function asDelete({ attributes, namespaceObject, contentKnown, variables: { budget } }: MatchInput): MatchInput {
  const { subresource, ...rest } = attributes;
  const deletion: Attributes = { ...rest, operation: 'DELETE', object: null, options: {} };
  return timedBy(budget, matchInput(deletion, namespaceObject, contentKnown));
}

function notReady(name: string): PolicyMatch {
  return {
    matches: 'unknown',
    reason: `policy ${name} is not ready; ask who administers it to look at kubectl get approvalpolicy ${name} -o yaml`,
  };
}

function matchNamespace(policy: ReadyPolicy, { attributes, namespaceObject }: MatchInput): true | PolicyMatch {
  if (isNamespace(attributes)) {
    const labels = [attributes.object, attributes.oldObject].filter((object) => object !== null).map(labelsOf);
    return labels.length === 0 || labels.some(policy.matchesNamespace) ? true : { matches: false };
  }
  if (namespaceObject === null) return true;
  if (isEmptySelector(policy.namespaceSelector)) return true;
  if (namespaceObject === undefined) return { matches: 'unknown', reason: 'its namespace is not known yet; try again' };
  return policy.matchesNamespace(labelsOf(namespaceObject)) ? true : { matches: false };
}

/**
 * One match is enough: a label that the write takes away, or puts on, does not lead round the policy. Where the labels of
 * the target are not at hand the policy matches.
 */
function matchObject(policy: ReadyPolicy, attributes: Attributes): boolean {
  const labels = targetLabels(attributes);
  return labels.length === 0 || labels.some(policy.matchesObject);
}

/** Subresources whose review shows the object itself; the others (scale, eviction, token, binding) show one of their own. */
const SHOWS_ITS_TARGET = new Set(['status', 'ephemeralcontainers', 'resize', 'finalize', 'approval']);

function targetLabels({
  operation,
  subresource,
  pod,
  object,
  oldObject,
}: Attributes): Readonly<Record<string, string>>[] {
  if (operation === 'CONNECT') return pod === undefined ? [] : [pod.labels];
  if (subresource !== undefined && !SHOWS_ITS_TARGET.has(subresource)) return [];
  return [object, oldObject].filter((each) => each !== null).map(labelsOf);
}

function matchSubjects(policy: ReadyPolicy, { user }: Attributes): boolean {
  const is = (subject: Subject) => isSubject(subject, user.username, user.groups);
  if (policy.excludeSubjects.some(is)) return false;
  return policy.subjects.length === 0 || policy.subjects.some(is);
}

/** RBAC's Subject: a Group may be one of ServiceAccounts here, they ask like anybody. */
export function isSubject(subject: Subject, username: string, groups: readonly string[]): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === username;
    case 'Group':
      return groups.includes(subject.name);
    case 'ServiceAccount':
      return username === serviceAccountUsername(subject.namespace ?? '', subject.name);
  }
}

function matchConditions(policy: ReadyPolicy, variables: CelVariables): PolicyMatch {
  for (const condition of policy.conditions) {
    const result = condition.evaluate(variables);
    if (!result.ok)
      return { matches: 'unknown', reason: `condition ${condition.name} of policy ${policy.name}: ${result.reason}` };
    if (!result.value) return { matches: false };
  }
  return { matches: true };
}

function namesOf(attributes: Attributes): string[] {
  const names = [
    attributes.name,
    connectedName(attributes),
    attributes.operation === 'CONNECT' ? undefined : stringAt(attributes.object, 'metadata', 'name'),
    stringAt(attributes.oldObject, 'metadata', 'name'),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

function requestVariable(attributes: Attributes): object {
  const { group, version, resource, kind } = attributes;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource },
    subResource: attributes.subresource ?? '',
    requestKind: { group, version, kind },
    requestResource: { group, version, resource },
    requestSubResource: attributes.subresource ?? '',
    name: attributes.name ?? '',
    namespace: attributes.namespace ?? '',
    operation: attributes.operation,
    userInfo: attributes.user,
    dryRun: attributes.dryRun,
    options: attributes.options ?? {},
  };
}

function execVariable(attributes: Attributes) {
  const type = resourceOf(attributes);
  if (attributes.operation !== 'CONNECT' || (type !== 'pods/exec' && type !== 'pods/attach')) return null;
  const options = attributes.object ?? {};
  const command = options['command'];
  return {
    container:
      (attributes.pod && containerFor(attributes.pod, stringAt(options, 'container'))) ??
      stringAt(options, 'container') ??
      '',
    command: Array.isArray(command) ? command.filter((part) => typeof part === 'string') : [],
    tty: options['tty'] === true,
    stdin: options['stdin'] === true,
    stdout: options['stdout'] === true,
    stderr: options['stderr'] === true,
  };
}
