import { isTest } from './check-imports.ts';
import type { SourceModule } from './parse-module.ts';

export interface Citation {
  readonly id: string;
  readonly path: string;
}

/** `R10`, or an id that says where it comes from, such as `README-5-minutes`. */
const ID = /^(R\d+|(README|issue)-[A-Za-z0-9-]+)$/;

/** The ids in square brackets in any text of a test file, and those that `verifies` is called with. */
export function findCitations(modules: readonly SourceModule[]): Citation[] {
  return modules
    .filter(({ path }) => isTest(path) && path.endsWith('.test.ts'))
    .flatMap(({ path, strings, cited }) => {
      const bracketed = strings.flatMap((text) => [...text.matchAll(/\[([^[\]]+)\]/g)].map(([, ids]) => ids ?? ''));
      const groups = bracketed.map((ids) => ids.split(/[\s,]+/)).filter((ids) => ids.every((id) => ID.test(id)));
      return [...new Set([...groups.flat(), ...cited])].map((id) => ({ id, path }));
    });
}

export interface Coverage {
  readonly problems: readonly string[];
  /** Requirements without a test, to be shown. */
  readonly open: readonly string[];
}

/** Compares what is promised with what is cited. */
export function checkCoverage(
  requirements: readonly { readonly id: string }[],
  notYet: readonly string[],
  citations: readonly Citation[],
): Coverage {
  const known = new Set(requirements.map(({ id }) => id));
  const cited = new Set(citations.map(({ id }) => id));
  const open = new Set(notYet);
  const problems = [
    ...citations
      .filter(({ id }) => !known.has(id))
      .map(({ id, path }) => `${path}: cites ${id}, which is no requirement`),
    ...notYet.filter((id) => !known.has(id)).map((id) => `notYet: ${id} is no requirement`),
    ...notYet.filter((id) => cited.has(id)).map((id) => `notYet: ${id} has a test now; take it out`),
    ...[...known].filter((id) => !cited.has(id) && !open.has(id)).map((id) => `${id}: no test cites it`),
  ];
  if (known.size !== requirements.length) problems.push('requirements: an id stands there twice');
  return { problems, open: [...known].filter((id) => !cited.has(id)) };
}
