import type { ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { KubeUnreachableError } from '../platform/kube/errors.ts';
import { refused } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { getRequest } from './requests.ts';

export interface CountWait {
  /** The controller counts within a second; after ten it is not running. */
  readonly totalMs: number;
  readonly everyMs: number;
}

export const COUNT_WAIT: CountWait = { totalMs: 10_000, everyMs: 300 };

export type Counted =
  | { readonly type: 'Counted'; readonly request: ApprovalRequest }
  /** The request ended without this vote. */
  | { readonly type: 'TooLate'; readonly request: ApprovalRequest }
  | { readonly type: 'NotYet' };

/** Waits until the controller has counted a vote. Reads the request again and again: a short wait needs no watch. */
export async function awaitCount(
  { client, clock }: Pick<VerbContext, 'client' | 'clock'>,
  vote: ApprovalVote,
  wait: CountWait = COUNT_WAIT,
): Promise<Counted> {
  const end = clock.now() + wait.totalMs;
  const reference = { namespace: vote.metadata.namespace ?? '', name: vote.spec.request };
  for (;;) {
    const left = end - clock.now();
    if (left <= 0) return { type: 'NotYet' };
    const request = await read(client, reference, left);
    if (request !== undefined) {
      if (request.metadata.uid !== vote.spec.requestUID) throw refused('the request was deleted meanwhile');
      if (request.status?.votes?.some((counted) => counted.uid === vote.metadata.uid) === true)
        return { type: 'Counted', request };
      // What happened is acknowledged after the end too.
      if (request.status?.endedAt !== undefined && vote.spec.decision !== 'Acknowledge')
        return { type: 'TooLate', request };
    }
    await clock.sleep(Math.min(wait.everyMs, Math.max(end - clock.now(), 1)));
  }
}

/** The vote is cast: an API server that is away for a moment is asked again. */
async function read(
  client: VerbContext['client'],
  reference: { readonly namespace: string; readonly name: string },
  timeoutMs: number,
): Promise<ApprovalRequest | undefined> {
  try {
    return await getRequest(client, reference, { timeoutMs });
  } catch (error) {
    if (error instanceof KubeUnreachableError) return undefined;
    throw error;
  }
}
