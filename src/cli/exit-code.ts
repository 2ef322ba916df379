/** What a script may rely on. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  ended: 5,
  stillPending: 6,
  approvalNeeded: 7,
  nothingNeeded: 8,
  commandNotStarted: 126,
  commandNotFound: 127,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Of each, for `--help` and docs/kubectl-sallyport.md, which a test holds to these words. Verbs stand in backticks. */
const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; of a vote: counted',
  failed: 'refused, did not count, or failed',
  usage: 'wrong usage',
  notFound: 'there is no such request, or no such object',
  unreachable: 'the API server cannot be reached',
  ended:
    '`wait`, `run`, `request --wait`: the request that it waits for was denied, expired, revoked, cancelled, or used already',
  stillPending: '`wait`, `run`, `request --wait`: nobody decided within `--timeout`',
  approvalNeeded: '`can`, `explain`: approval is needed, or it would be refused',
  nothingNeeded: '`request`: nothing of it needs approval',
  commandNotStarted: '`run`: the command cannot be started',
  commandNotFound: '`run`: there is no such command; `request`: there is no kubectl',
  interrupted: 'interrupted, as by Ctrl-C; the request stays pending',
};

/** Every code with its meaning, in order. */
export function exitCodes(): readonly (readonly [code: number, meaning: string])[] {
  return Object.entries(EXIT).map(([name, code]) => [code, EXIT_MEANINGS[name as keyof typeof EXIT]]);
}

/** The end of `--help`. */
export function exitCodeHelp(): string {
  const lines = exitCodes().map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning.replaceAll('`', '')}\n`);
  return `\nExit codes:\n${lines.join('')}`;
}
