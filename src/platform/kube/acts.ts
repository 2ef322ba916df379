import type { ApprovalVote } from '../../core/api/kinds.ts';
import { buildVote } from '../../core/approval/act.ts';
import type { Act, ActResult, Acts } from '../../ports/acts.ts';
import type { PeopleSource } from '../../ports/people.ts';
import { VOTES } from './approvals.ts';
import type { KubeClient } from './client.ts';
import { isApiError, KubeApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';

/** What the API server puts before the webhook's words. */
const WEBHOOK_PREFIX = /^.*admission webhook "[^"]*" denied the request: /s;
const TAIL = / \[sallyport code=(\w+)[^\]]*\]\s*$/;

/** R22: casts what a channel brings as an ApprovalVote of our own, which the webhook judges like any other. */
export function createActs(client: KubeClient, people: PeopleSource): Acts {
  return {
    cast: async (act, signal) => {
      const map = people.now();
      if (map === undefined) return { kind: 'Unavailable', message: 'the people map cannot be read now' };
      const who = map.ofChannel(act.onBehalfOf);
      if (who === undefined) return NO_ENTRY;
      try {
        const { namespace } = act.request;
        await client.create(resourcePath({ ...VOTES, namespace }), voteOf(act, who.person), { signal });
        return { kind: 'Cast' };
      } catch (error) {
        signal.throwIfAborted();
        return refusal(error, who.person);
      }
    },
  };
}

/** What passes by itself: the map is not read everywhere yet, or was changed between us and the webhook. */
const PASSING = new Set(['PeopleUnknown', 'VoteName']);

const LATER: ActResult = {
  kind: 'Unavailable',
  message: 'the vote could not be cast now; try again in a moment',
};

const NO_ENTRY: ActResult = {
  kind: 'Refused',
  code: 'NoEntry',
  message: 'nobody has entered you in the people map of Sallyport, so you cannot vote here',
};

function voteOf({ request, decision, reason, onBehalfOf }: Act, person: string): ApprovalVote {
  const { namespace, name, uid, digest } = request;
  const vote = buildVote({ metadata: { namespace, name, uid }, spec: { digest } }, person, decision, reason);
  return { ...vote, spec: { ...vote.spec, onBehalfOf } };
}

function refusal(error: unknown, person: string): ActResult {
  if (isApiError(error, 409) && error.reason === 'AlreadyExists')
    return { kind: 'Refused', code: 'AlreadyVoted', message: `${person} has voted already` };
  // Only the webhook speaks to people. Of anything else (our rights, another's policy) they would read names of ours.
  if (!(error instanceof KubeApiError) || error.status !== 403 || !WEBHOOK_PREFIX.test(error.message)) return LATER;
  const text = error.message.replace(WEBHOOK_PREFIX, '');
  const code = TAIL.exec(text)?.[1] ?? 'Refused';
  return PASSING.has(code) ? LATER : { kind: 'Refused', code, message: text.replace(TAIL, '') };
}
