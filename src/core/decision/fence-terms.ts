import { durationSeconds } from '../api/duration.ts';
import type { PolicySpec } from '../api/kinds.ts';
import { FENCE } from '../attributes/fence-action.ts';
import { matchesResource } from './match/match-rule.ts';
import type { Problem } from './problem.ts';

/** An upgrade takes minutes. Whoever needs longer asks again. */
const LONGEST_WINDOW_SECONDS = 3_600;

/** What opens the fence opens it for a while, and never without a second person. */
export function fenceProblems(spec: PolicySpec): Problem[] {
  const rules = spec.match.resourceRules.flatMap((rule, index) =>
    (rule.apiGroups.includes('*') || rule.apiGroups.includes(FENCE.group)) &&
    rule.resources.some((resource) => matchesResource(resource, FENCE))
      ? [{ rule, path: `spec.match.resourceRules[${index}].operations` }]
      : [],
  );
  if (rules.length === 0) return [];
  const { grant, breakGlass } = spec;
  const window = durationSeconds(grant?.window ?? '') ?? Number.POSITIVE_INFINITY;
  return [
    ...rules.flatMap(({ rule, path }) =>
      rule.operations.includes('CONNECT')
        ? []
        : [{ path, message: 'fences/open is reached by CONNECT alone: add it to operations' }],
    ),
    ...(grant?.type === 'Window' && window <= LONGEST_WINDOW_SECONDS
      ? []
      : [{ path: 'spec.grant', message: 'the fence is opened for a while: type Window, and a window of at most 1h' }]),
    ...(breakGlass === undefined
      ? []
      : [{ path: 'spec.breakGlass', message: 'nobody opens the fence without a second person; leave it out' }]),
  ];
}
