import { z } from 'zod';
import type { ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import type { Surroundings } from '../../core/notice/surroundings.ts';
import type { Acts } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Watched } from '../../ports/watched.ts';
import { type ApiProblem, type CastBody, DECISIONS, type RequestDetail } from '../api.ts';
import type { ConsoleEvents, VoteFields } from './console-events.ts';
import { detailOf } from './detail.ts';
import type { Folded, FoldedRequests } from './folded-requests.ts';
import { MAP_AWAY, NO_ENTRY } from './may.ts';
import type { Viewer } from './viewer.ts';

/** What a page sends; the limits are those of an ApprovalVote. */
export const castBody = z.strictObject({
  uid: z.string().min(1).max(128),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a digest'),
  decision: z.enum(DECISIONS),
  reason: z
    .string()
    .max(2_048)
    .optional()
    .transform((reason) => (reason?.trim() === '' ? undefined : reason)),
});

export interface CastPorts {
  readonly acts: Acts;
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
  readonly folded: FoldedRequests;
  readonly votes: Pick<Watched<ApprovalVote>, 'onChange'>;
  readonly clock: Clock;
  readonly events: ConsoleEvents;
}

export type CastAnswer =
  | { readonly status: 201; readonly body: RequestDetail }
  | { readonly status: 403 | 409 | 503; readonly body: ApiProblem };

/** How long the page waits to see its vote counted: the watch brings it in a few milliseconds, or something is slow. */
const COUNTED_MS = 2_000;

/** Casts a vote for whoever is signed in. The webhook judges it; nothing here can make one count. */
export async function castVote(
  shown: Folded,
  body: z.output<typeof castBody>,
  viewer: Viewer,
  ports: CastPorts,
  signal: AbortSignal,
): Promise<CastAnswer> {
  const { request, status } = shown;
  const { acts, folded, clock, events } = ports;
  const { namespace = '', name, uid = '' } = request.metadata;
  if (viewer.voter.kind !== 'Person') {
    const problem = viewer.voter.kind === 'NoEntry' ? NO_ENTRY : MAP_AWAY;
    return { status: viewer.voter.kind === 'NoEntry' ? 403 : 503, body: problemOf(problem) };
  }
  // R20: what they were shown, not what stands there now.
  if (uid !== body.uid || request.spec.digest !== body.digest) return { status: 409, body: CHANGED };
  const { person } = viewer.voter.who;
  const act = {
    request: { namespace, name, uid: body.uid, digest: body.digest },
    decision: body.decision,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    onBehalfOf: viewer.claim,
  };
  const fields: VoteFields = {
    username: viewer.claim.id,
    person,
    request: `${namespace}/${name}`,
    uid,
    digest: body.digest,
    decision: body.decision,
  };
  const result = await acts.cast(act, signal);
  switch (result.kind) {
    case 'Unavailable':
      events.vote('Unavailable', fields);
      return { status: 503, body: { code: 'Unavailable', message: result.message } };
    case 'Refused': {
      events.vote('Refused', { ...fields, refusal: result.code });
      const { code, message } = result;
      return { status: code === 'AlreadyVoted' ? 409 : 403, body: { code, message } };
    }
    case 'Cast': {
      events.vote('Cast', fields);
      const before = (status.votes ?? []).length;
      await counted(() => (folded.get(namespace, name)?.status.votes ?? []).length > before, ports, signal);
      const now = folded.get(namespace, name) ?? shown;
      return { status: 201, body: detailOf(now, viewer, ports.surroundingsOf(now.request), clock.now()) };
    }
  }
}

/** Until the watch has brought the vote, or long enough. */
async function counted(isCounted: () => boolean, { votes, clock }: CastPorts, signal: AbortSignal): Promise<void> {
  if (isCounted()) return;
  const enough = new AbortController();
  const stop = votes.onChange(() => {
    if (isCounted()) enough.abort();
  });
  await clock.sleep(COUNTED_MS, AbortSignal.any([signal, enough.signal])).catch(() => undefined);
  stop();
}

function problemOf(may: RequestDetail['may'][CastBody['decision']]): ApiProblem {
  return may.ok ? CHANGED : { code: may.code, message: may.message };
}

const CHANGED: ApiProblem = {
  code: 'Changed',
  message: 'the request is not the one that you looked at; look again',
};
