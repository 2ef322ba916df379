import canonicalize from 'canonicalize';
import type { ApprovalPolicy, Approver, PolicySpec, PolicyTerms, Stage, Subject } from '../api/kinds.ts';
import { durationSeconds } from '../api/duration.ts';
import { USES_LIMIT } from '../approval/grant.ts';
import type { Problem } from './problem.ts';
import { scopeFields } from './scope-terms.ts';

type PolicyStage = PolicySpec['approval']['stages'][number];

const DEFAULT_TIMEOUT = '1h';
const DEFAULT_USE_WITHIN = '15m';

export function durationProblems(spec: PolicySpec): Problem[] {
  const durations = [
    { path: 'spec.approval.timeout', text: spec.approval.timeout },
    { path: 'spec.grant.useWithin', text: spec.grant?.useWithin },
    { path: 'spec.grant.window', text: spec.grant?.window },
    ...spec.approval.stages.map(({ escalateAfter }, index) => ({
      path: `spec.approval.stages[${index}].escalateAfter`,
      text: escalateAfter,
    })),
  ];
  return durations.flatMap(({ path, text }) => {
    if (text === undefined) return [];
    const seconds = durationSeconds(text);
    return seconds === undefined || seconds < 1
      ? [{ path, message: `"${text}" is not a duration between 1s and 720h, such as 90s, 10m or 1h30m` }]
      : [];
  });
}

/** A window has a length, and nothing else has one: what is written must mean something. */
export function grantProblems({ grant }: PolicySpec): Problem[] {
  if (grant?.type === 'Window') {
    return grant.window === undefined
      ? [{ path: 'spec.grant.window', message: 'a Window needs its length, such as 30m' }]
      : [];
  }
  return (['window', 'maxUses'] as const)
    .filter((field) => grant?.[field] !== undefined)
    .map((field) => ({ path: `spec.grant.${field}`, message: 'only a grant of type Window has one' }));
}

/** The terms of a policy as a request keeps them. */
export function termsOf(policy: ApprovalPolicy): PolicyTerms {
  const { spec, metadata } = policy;
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    terms: {
      stages: spec.approval.stages.map((stage) => ({
        name: stage.name,
        required: stage.required ?? 1,
        approvers: stage.approvers.map(subjectOf),
        ...escalationOf(stage),
      })),
      timeoutSeconds: timeoutSeconds(spec),
      ...(spec.approval.separation === 'Strict' ? { separation: 'Strict' as const } : {}),
      ...assuranceTerms(spec),
      ...breakGlassTerms(spec),
      ...reasonTerms(spec),
      grant: {
        type: spec.grant?.type ?? 'Once',
        binding: spec.grant?.binding ?? 'Exact',
        useWithinSeconds: durationSeconds(spec.grant?.useWithin ?? DEFAULT_USE_WITHIN) ?? 1,
        ...(spec.grant?.type === 'Window'
          ? { windowSeconds: durationSeconds(spec.grant.window ?? '') ?? 1, maxUses: spec.grant.maxUses ?? USES_LIMIT }
          : {}),
        ...scopeFields(spec),
        ...((spec.grant?.ignorePaths ?? []).length === 0 ? {} : { ignorePaths: [...(spec.grant?.ignorePaths ?? [])] }),
      },
    },
  };
}

/** Absent where no reason is asked for: a policy that asks for none keeps its terms. A pattern implies a reason. */
function reasonTerms({ approval }: PolicySpec): Pick<PolicyTerms['terms'], 'requireReason' | 'reasonPattern'> {
  const { requireReason, reasonPattern } = approval;
  return {
    ...(requireReason === true || reasonPattern !== undefined ? { requireReason: true } : {}),
    ...(reasonPattern === undefined ? {} : { reasonPattern }),
  };
}

/** Absent where any will do: a policy that asks for none keeps its terms. */
function assuranceTerms({ approval: { minAssurance } }: PolicySpec): Pick<PolicyTerms['terms'], 'minAssurance'> {
  return minAssurance === undefined || minAssurance === 'Any' ? {} : { minAssurance };
}

function breakGlassTerms({ breakGlass }: PolicySpec): Pick<PolicyTerms['terms'], 'breakGlass'> {
  if (breakGlass?.subjects === undefined || breakGlass.maxWindow === undefined) return {};
  const maxWindowSeconds = durationSeconds(breakGlass.maxWindow) ?? 1;
  return { breakGlass: { subjects: breakGlass.subjects.map(subjectOf), maxWindowSeconds } };
}

/** How long a request under the policy may stay Pending. */
export function timeoutSeconds(spec: PolicySpec): number {
  return durationSeconds(spec.approval.timeout ?? DEFAULT_TIMEOUT) ?? 1;
}

function escalationOf({ escalateAfter, escalateTo }: PolicyStage): Pick<Stage, 'escalateAfterSeconds' | 'escalateTo'> {
  if (escalateAfter === undefined || escalateTo === undefined) return {};
  return { escalateAfterSeconds: durationSeconds(escalateAfter) ?? 1, escalateTo: escalateTo.map(subjectOf) };
}

function subjectOf<T extends Approver | Subject>({ kind, name, namespace }: T): Pick<T, 'kind' | 'name' | 'namespace'> {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Whether stored terms are still those of the policy: a new description or another match changes no term. */
export function sameTerms(a: PolicyTerms, b: PolicyTerms): boolean {
  return a.name === b.name && a.uid === b.uid && canonicalize(a.terms) === canonicalize(b.terms);
}
