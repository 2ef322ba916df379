/** One part of `make test`. */
export type Stage =
  /** Counts as one test: it passes or it fails. */
  | { readonly kind: 'Command'; readonly name: string; readonly script: string }
  /** A project of vitest.config.ts, whose tests are counted. */
  | { readonly kind: 'Project'; readonly name: string; readonly project: string };

/** The cheapest first: whoever waits learns the most in the first minute. */
export const STAGES: readonly Stage[] = [
  { kind: 'Command', name: 'format and lint', script: 'lint' },
  { kind: 'Command', name: 'types', script: 'types' },
  { kind: 'Command', name: "the console's page", script: 'build-console' },
  { kind: 'Project', name: 'unit, architecture and documentation', project: 'unit' },
  { kind: 'Project', name: 'integration', project: 'integration' },
  { kind: 'Project', name: 'end to end, on a real cluster', project: 'e2e' },
];
