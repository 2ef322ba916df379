/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The flag, the variable or the file that said it. */
  readonly source: string;
  /** Such as `webhook.limits.bodyBytes`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** One line a problem, for standard error. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(
    ({ source, path, message }) => `  ${[source, path, message].filter(Boolean).join(': ')}\n`,
  );
  return `the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${lines.join('')}`;
}
