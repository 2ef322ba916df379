import type { ZodType, core } from 'zod';
import type { Problem } from './problem.ts';

/** What a schema finds wrong, with Kubernetes' field paths; an unknown field has a path of its own. */
export function schemaProblems(schema: ZodType, value: unknown): Problem[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.flatMap(toProblems);
}

function toProblems(issue: core.$ZodIssue): Problem[] {
  const path = fieldPath(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'unknown field' }));
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
