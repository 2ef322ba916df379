import { once } from 'node:events';

/** What a server process is told. */
export interface ServerJob {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string;
  readonly clientName: string;
  /** Of the ledger, where there is one. */
  readonly directory: string;
}

export async function serverJob(): Promise<ServerJob> {
  const [job] = (await once(process, 'message')) as [ServerJob];
  // Whoever started it has gone: nothing is left running.
  process.once('disconnect', () => process.exit());
  return job;
}
