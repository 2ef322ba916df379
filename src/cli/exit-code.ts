/** What a script may rely on; docs/kubectl-sallyport.md lists them. */
export const EXIT = {
  ok: 0,
  /** The vote was refused or did not count, or something failed. */
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
