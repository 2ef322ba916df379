import type { PolicySpec, PolicyTerms } from '../api/kinds.ts';
import { pointerTokens } from '../attributes/ignored-paths.ts';
import type { Problem } from './problem.ts';

/** What an object is called and what kind it is: an approval that binds none of it would be of anything. */
const IDENTITY = new Set(['/metadata/name', '/metadata/generateName', '/metadata/namespace']);

export function ignorePathProblems({ grant }: PolicySpec): Problem[] {
  return (grant?.ignorePaths ?? []).flatMap((pointer, index) => {
    const message = problemOf(pointer);
    return message === undefined ? [] : [{ path: `spec.grant.ignorePaths[${index}]`, message }];
  });
}

function problemOf(pointer: string): string | undefined {
  const tokens = pointerTokens(pointer);
  if (tokens === undefined)
    return `"${pointer}" is not a JSON pointer (RFC 6901) such as /spec/replicas; / in a key is ~1, ~ is ~0`;
  if (tokens.includes('*')) return `"${pointer}" has a *, which stands for nothing here: name each path`;
  if (tokens.length === 1) return `"${pointer}" is most of an object; name the field in it that may have any value`;
  return IDENTITY.has(pointer) ? `"${pointer}" says which object it is, and cannot be ignored` : undefined;
}

/** The paths at which an approval binds no value: those that every one of the policies ignores, none below another. */
export function ignorePathsOf(policies: readonly PolicyTerms[]): readonly string[] {
  const [first = [], ...others] = policies.map((policy) => policy.terms.grant.ignorePaths ?? []);
  const common = [...new Set(first.filter((path) => others.every((paths) => paths.includes(path))))];
  return common.filter((path) => !common.some((other) => path.startsWith(`${other}/`))).sort();
}
