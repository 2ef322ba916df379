import type { ZodType } from 'zod';
import { approvalPolicySchema } from '../api/generated/approval-policy-schema.ts';
import type { ApprovalPolicy, LabelSelector, PolicySpec, PolicyTerms, ResourceRule } from '../api/kinds.ts';
import { reasonPatternProblem } from '../approval/reason.ts';
import { type Json, valueAt } from '../attributes/json.ts';
import { approverProblems, subjectListProblems } from './approvers.ts';
import { breakGlassProblems } from './break-glass.ts';
import { escalationProblems } from './escalation.ts';
import { fenceProblems } from './fence-terms.ts';
import { ignorePathProblems } from './ignore-paths.ts';
import { forbiddenRuleProblems } from './match/forbidden-rules.ts';
import { isEmptySelector, parseLabelSelector } from './match/label-selector.ts';
import { compileNamedConditions, type NamedCondition } from './named-conditions.ts';
import type { Problem } from './problem.ts';
import { scopeProblems } from './scope-terms.ts';
import { schemaProblems } from './schema-problems.ts';
import type { Step } from './stepping-round/step.ts';
import { stepsRound } from './stepping-round/steps-round.ts';
import { notifyProblems } from './notify-destinations.ts';
import { notEnforcedYet } from './supported.ts';
import { durationProblems, grantProblems, termsOf } from './terms.ts';
import { waitingProblems } from './waiting.ts';

export interface ReadyPolicy {
  readonly ready: true;
  readonly name: string;
  readonly mode: 'Enforce' | 'Warn' | 'Audit';
  readonly description: string;
  readonly rules: readonly ResourceRule[];
  /** The same without their versions, which no decision compares. */
  readonly rulesOfAnyVersion: readonly ResourceRule[];
  /** R33: what leads round the policy, and is gated with it. */
  readonly steps: readonly Step[];
  readonly namespaceSelector: LabelSelector;
  readonly matchesNamespace: (labels: Readonly<Record<string, string>>) => boolean;
  readonly matchesObject: (labels: Readonly<Record<string, string>>) => boolean;
  /** Whether its object selector selects every object. */
  readonly everyObject: boolean;
  readonly conditions: readonly NamedCondition[];
  /** What it never lets pass. Not part of the terms: they hold as they are now, whatever was asked and approved before. */
  readonly guardrails: readonly NamedCondition[];
  readonly subjects: NonNullable<PolicySpec['match']['subjects']>;
  readonly excludeSubjects: NonNullable<PolicySpec['match']['excludeSubjects']>;
  readonly terms: PolicyTerms;
  readonly wait: PolicySpec['wait'];
}

/** A policy that was stored although it has problems: what its rules match is denied, never skipped. */
export interface BrokenPolicy {
  readonly ready: false;
  readonly name: string;
  readonly rules: readonly ResourceRule[];
  readonly rulesOfAnyVersion: readonly ResourceRule[];
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
}

export type CompiledPolicy = ReadyPolicy | BrokenPolicy;

export type PolicyCompiler = (policy: ApprovalPolicy) => CompiledPolicy;

/** Reading the schema costs milliseconds, and so does a policy: make one compiler and keep it, it remembers each object. */
export function createPolicyCompiler(): PolicyCompiler {
  const schema = approvalPolicySchema();
  const known = new WeakMap<ApprovalPolicy, CompiledPolicy>();
  return (policy) => {
    const compiled = known.get(policy) ?? compilePolicy(policy, schema);
    known.set(policy, compiled);
    return compiled;
  };
}

function compilePolicy(policy: ApprovalPolicy, schema: ZodType): CompiledPolicy {
  const name = policy.metadata.name ?? '';
  const structure = schemaProblems(schema, { spec: policy.spec });
  if (structure.length > 0) return broken(name, readableRules(policy.spec), structure);
  const { spec } = policy;
  const namespaces = selector(spec.match.namespaceSelector, 'spec.match.namespaceSelector');
  const objects = selector(spec.match.objectSelector, 'spec.match.objectSelector');
  const conditions = compileNamedConditions(spec.match.matchConditions, 'spec.match.matchConditions');
  const guardrails = compileNamedConditions(spec.guardrails?.deny, 'spec.guardrails.deny');
  const problems = [
    ...notEnforcedYet(spec),
    ...spec.match.resourceRules.flatMap((rule, index) =>
      forbiddenRuleProblems(rule, `spec.match.resourceRules[${index}]`),
    ),
    ...namespaces.problems,
    ...objects.problems,
    ...conditions.problems,
    ...guardrails.problems,
    ...subjectListProblems(spec.match.subjects, 'spec.match.subjects'),
    ...subjectListProblems(spec.match.excludeSubjects, 'spec.match.excludeSubjects'),
    ...approverProblems(spec),
    ...durationProblems(spec),
    ...subjectListProblems(spec.wait?.subjects, 'spec.wait.subjects'),
    ...waitingProblems(spec),
    ...grantProblems(spec),
    ...scopeProblems(spec),
    ...escalationProblems(spec),
    ...ignorePathProblems(spec),
    ...breakGlassProblems(spec),
    ...fenceProblems(spec),
    ...reasonProblems(spec),
    ...notifyProblems(spec),
  ];
  if (problems.length > 0) return broken(name, spec.match.resourceRules, problems);
  const { namespaceSelector = {}, objectSelector = {} } = spec.match;
  return {
    ready: true,
    name,
    mode: spec.mode ?? 'Enforce',
    description: spec.description ?? '',
    rules: spec.match.resourceRules,
    rulesOfAnyVersion: spec.match.resourceRules.map(ofAnyVersion),
    steps: stepsRound(spec.match.resourceRules, {
      namespaces: { selector: namespaceSelector, matches: namespaces.matches },
      objects: { selector: objectSelector, matches: objects.matches },
    }),
    namespaceSelector,
    matchesNamespace: namespaces.matches,
    matchesObject: objects.matches,
    everyObject: isEmptySelector(spec.match.objectSelector),
    conditions: conditions.compiled,
    guardrails: guardrails.compiled,
    subjects: spec.match.subjects ?? [],
    excludeSubjects: spec.match.excludeSubjects ?? [],
    terms: termsOf(policy),
    wait: spec.wait,
  };
}

function reasonProblems({ approval: { reasonPattern } }: PolicySpec): Problem[] {
  if (reasonPattern === undefined) return [];
  const path = 'spec.approval.reasonPattern';
  const message = reasonPatternProblem(reasonPattern);
  return message === undefined ? [] : [{ path, message }];
}

function broken(name: string, written: readonly ResourceRule[], problems: readonly Problem[]): BrokenPolicy {
  const rules = enforceable(written);
  return {
    ready: false,
    name,
    rules,
    rulesOfAnyVersion: rules.map(ofAnyVersion),
    steps: stepsRound(rules, undefined),
    problems,
  };
}

function ofAnyVersion(rule: ResourceRule): ResourceRule {
  return { ...rule, apiVersions: ['*'] };
}

/** R31: a broken policy must not gate what would stop the cluster, such as leases. */
function enforceable(rules: readonly ResourceRule[]): ResourceRule[] {
  return rules.filter((rule) => forbiddenRuleProblems(rule, '').length === 0);
}

/**
 * The rules, as far as they can be read, of a policy whose structure is wrong: one of a newer version, stored before a
 * rollback, must deny what it gates.
 */
function readableRules(spec: unknown): ResourceRule[] {
  const rules = valueAt(spec as Json | undefined, 'match', 'resourceRules');
  return Array.isArray(rules) ? rules.filter(isReadable) : [];
}

function isReadable(rule: Json): rule is Json & ResourceRule {
  const strings = (field: string) => {
    const list = valueAt(rule, field);
    return Array.isArray(list) && list.every((item: Json) => typeof item === 'string');
  };
  return (
    ['apiGroups', 'apiVersions', 'operations', 'resources'].every(strings) &&
    (valueAt(rule, 'resourceNames') === undefined || strings('resourceNames'))
  );
}

function selector(labelSelector: LabelSelector | undefined, path: string) {
  const parsed = parseLabelSelector(labelSelector ?? {});
  return parsed.ok
    ? { matches: parsed.matches, problems: [] }
    : {
        matches: () => true,
        problems: [{ path: parsed.path === '' ? path : `${path}.${parsed.path}`, message: parsed.message }],
      };
}
