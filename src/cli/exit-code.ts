/** What a script may rely on; docs/kubectl-sallyport.md lists them. */
export const EXIT = {
  ok: 0,
  /** The vote was refused or did not count, or something failed. */
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  /** The request was denied, or ended otherwise than by an approval. */
  ended: 5,
  /** Nobody decided within the time that was given. */
  stillPending: 6,
  /** `can`, `explain`: it needs approval, or would be refused. */
  approvalNeeded: 7,
  /** `run`, as shells say it: the command cannot be started. */
  commandNotStarted: 126,
  commandNotFound: 127,
  /** As a shell says that SIGINT ended a command. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
