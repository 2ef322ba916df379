import type { ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import { buildVote } from '../../src/core/approval/act.ts';
import { approvalState } from '../../src/core/approval/approval-state.ts';
import { foldVotes } from '../../src/core/approval/fold-votes.ts';
import { transition } from '../../src/core/approval/transition.ts';
import type { Act, ActResult, Acts } from '../../src/ports/acts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { PeopleSource } from '../../src/ports/people.ts';
import type { FakeWatched } from '../builders/fake-watched.ts';

export interface SimulatedCluster {
  readonly requests: FakeWatched<ApprovalRequest>;
  readonly votes: FakeWatched<ApprovalVote>;
}

/** Votes in memory, judged by the same rules as the webhook's; no admission, no API server. */
export class SimulatedActs implements Acts {
  readonly asked: Act[] = [];
  /** Set to answer so instead. */
  answer: ActResult | undefined;
  readonly #cluster: SimulatedCluster;
  readonly #people: PeopleSource;
  readonly #clock: Clock;

  constructor(cluster: SimulatedCluster, people: PeopleSource, clock: Clock) {
    this.#cluster = cluster;
    this.#people = people;
    this.#clock = clock;
  }

  async cast(act: Act, signal: AbortSignal): Promise<ActResult> {
    signal.throwIfAborted();
    this.asked.push(act);
    await Promise.resolve();
    if (this.answer !== undefined) return this.answer;
    const who = this.#people.now()?.ofChannel(act.onBehalfOf);
    if (who === undefined) return { kind: 'Refused', code: 'NoEntry', message: 'no entry' };
    const { requests, votes } = this.#cluster;
    const request = requests.get(`${act.request.namespace}/${act.request.name}`);
    if (request === undefined) return { kind: 'Refused', code: 'Refused', message: 'there is no such request' };
    const vote = buildVote(request, who.person, act.decision, act.reason);
    const { name } = vote.metadata;
    if (votes.get(`${act.request.namespace}/${name}`) !== undefined)
      return { kind: 'Refused', code: 'AlreadyVoted', message: `${who.person} has voted already` };
    const now = this.#clock.now();
    const before = votes.list().filter(({ spec }) => spec.requestUID === request.metadata.uid);
    const status = foldVotes(request, before, now);
    const judged = transition(
      { ...approvalState(request), status },
      {
        type: 'Vote',
        vote: {
          uid: '',
          name,
          ...who,
          decision: act.decision,
          via: 'Console',
          ...(act.reason === undefined ? {} : { reason: act.reason }),
        },
      },
      now,
    );
    if (!judged.ok) return { kind: 'Refused', code: judged.refusal, message: judged.message };
    const voter = { username: who.username, groups: [...who.groups], person: who.person };
    votes.put({
      ...vote,
      metadata: { ...vote.metadata, uid: `uid-of-${name}`, creationTimestamp: new Date(now).toISOString() },
      spec: { ...vote.spec, voter, via: 'Console', assurance: 'Console', onBehalfOf: act.onBehalfOf },
    });
    return { kind: 'Cast' };
  }
}
