import { durationSeconds } from '../api/duration.ts';
import type { PolicySpec } from '../api/kinds.ts';
import { personListProblems } from './approvers.ts';
import type { Problem } from './problem.ts';

/** Longer than the longest night: whoever still needs it then has had the time to ask. */
const LONGEST_WINDOW_SECONDS = 24 * 3600;

/** Who may go ahead without approval is named, and for how long; nobody in particular is nobody. */
export function breakGlassProblems({ breakGlass }: PolicySpec): Problem[] {
  if (breakGlass === undefined) return [];
  const { subjects = [], maxWindow } = breakGlass;
  const seconds = maxWindow === undefined ? undefined : durationSeconds(maxWindow);
  return [
    ...(subjects.length === 0
      ? [{ path: 'spec.breakGlass.subjects', message: 'name who may break the glass; without them nobody may' }]
      : personListProblems(subjects, 'spec.breakGlass.subjects')),
    ...(seconds === undefined || seconds < 1 || seconds > LONGEST_WINDOW_SECONDS
      ? [{ path: 'spec.breakGlass.maxWindow', message: 'a duration between 1s and 24h is required, such as 30m' }]
      : []),
  ];
}
