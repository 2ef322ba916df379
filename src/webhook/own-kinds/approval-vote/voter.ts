import type { ApprovalVote, Assurance, UserInfo, VoteDecision, Voter } from '../../../core/api/kinds.ts';
import { PEOPLE_UNKNOWN } from '../../../core/decision/people-unknown.ts';
import type { ChannelPerson, OnBehalfOf, People } from '../../../core/people/people.ts';
import { holds, type Identities } from '../identities.ts';

/** The CRD's maxItems of spec.voter.groups and spec.voter.slackGroups. */
const GROUPS_LIMIT = 512;
const SLACK_GROUPS_LIMIT = 64;

/** What a vote is stamped with of whoever casts it. */
export interface VoteStamps {
  readonly voter: Voter;
  readonly via: 'Kubernetes' | 'Slack' | 'Console';
  readonly assurance: Assurance;
}

export type VoterFound =
  | {
      readonly ok: true;
      readonly stamps: VoteStamps;
      /** Of whom the authorizers are asked: the voter, never the channel. */
      readonly user: UserInfo;
    }
  | { readonly ok: false; readonly problem: string };

/**
 * R21, R22: who casts a vote. A user of the API server is whom the map says. The identity of a channel votes for whoever the
 * map says that its claim is, and for nobody without an entry; nobody else votes for others.
 */
export function findVoter(
  user: UserInfo,
  { onBehalfOf, decision }: Pick<ApprovalVote['spec'], 'onBehalfOf' | 'decision'>,
  people: People | undefined,
  identities: Identities,
): VoterFound {
  if (onBehalfOf !== undefined && !speaksFor(onBehalfOf, user, identities))
    return no(
      'spec.onBehalfOf is for the identities of channels alone; leave it out, you vote as yourself',
      'NotAChannel',
    );
  if (people === undefined) return no(PEOPLE_UNKNOWN, 'PeopleUnknown');
  if (onBehalfOf === undefined) return ofUser(user, decision, people);
  const who = people.ofChannel(onBehalfOf);
  return who === undefined ? no(NO_ENTRY, 'NoEntry') : { ok: true, ...ofChannel(who, onBehalfOf) };
}

const NO_ENTRY =
  'nobody has entered you in the people map of Sallyport, so you cannot vote here; whoever keeps ConfigMap sallyport-people can';

function speaksFor({ kind }: OnBehalfOf, user: UserInfo, identities: Identities): boolean {
  const { slack, console } = identities.voteOnBehalf;
  return holds(kind === 'Slack' ? slack : console, user, identities);
}

function ofUser(user: UserInfo, decision: VoteDecision, people: People): VoterFound {
  const { person, owner, contested } = people.ofUsername(user.username);
  // Everybody may take back what they asked for.
  if (decision !== 'Cancel' && owner !== undefined)
    return no(`${user.username} is an agent of ${owner}, and an agent does not vote`, 'Agent');
  if (decision !== 'Cancel' && contested === true)
    return no(
      `${person} of the people map has not ${user.username} among the usernames, so that nobody knows whether it is you; whoever keeps ConfigMap sallyport-people can enter it`,
      'NoEntry',
    );
  const voter = {
    username: user.username,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups.slice(0, GROUPS_LIMIT),
    person,
  };
  return { ok: true, stamps: { voter, via: 'Kubernetes', assurance: 'Kubernetes' }, user };
}

function ofChannel(
  { username, groups, slackGroups, person }: ChannelPerson,
  { kind }: OnBehalfOf,
): { readonly stamps: VoteStamps; readonly user: UserInfo } {
  const voter = {
    username,
    groups: groups.slice(0, GROUPS_LIMIT),
    person,
    ...(slackGroups.length === 0 ? {} : { slackGroups: slackGroups.slice(0, SLACK_GROUPS_LIMIT) }),
  };
  const channel =
    kind === 'Slack'
      ? ({ via: 'Slack', assurance: 'Any' } as const)
      : ({ via: 'Console', assurance: 'Console' } as const);
  // As the API server would have them. Groups that the map does not know, nobody can ask about.
  const user = { username, groups: [...groups, 'system:authenticated'], extra: {} };
  return { stamps: { voter, ...channel }, user };
}

function no(problem: string, code: string): VoterFound {
  return { ok: false, problem: `${problem} [sallyport code=${code}]` };
}
