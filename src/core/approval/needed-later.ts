import { foldedName } from '../api/folded-name.ts';
import type { Approver, CountedVote, PolicyTerms, Stage, StageProgress } from '../api/kinds.ts';
import { isListed, serviceAccountUsername, type VoterIdentity } from './person.ts';
import { mayCount } from './separation.ts';
import { isBroken, openStage, progressOf } from './stages.ts';

/** A stage to come that has its approvals with the voter, and can never have them without. */
export interface NeededLater {
  readonly policy: string;
  readonly stage: string;
}

/**
 * The first stage after the open one of any policy that cannot do without this voter. A person counts once in all, so their
 * approval now would leave a request that nobody can approve any more. Known of stages that name everybody: who is in a
 * group is not.
 *
 * @param excluded who never counts: the requester, and the owner of a requesting agent
 */
export function neededLater(
  terms: readonly PolicyTerms[],
  progress: readonly StageProgress[],
  voter: VoterIdentity,
  votes: readonly CountedVote[],
  excluded: readonly string[],
): NeededLater | undefined {
  const own = [voter.username, voter.person, voter.alias ?? voter.username];
  const voted = votes
    .filter(({ decision }) => decision !== 'Acknowledge')
    .flatMap(({ person, username }) => [person, username]);
  const spent = new Set([...own, ...voted, ...excluded].map(foldedName));
  for (const policy of terms) {
    if (isBroken(policy, progress) || !mayCount(policy, voter)) continue;
    for (const stage of later(policy, progress)) {
      const approvers = [...stage.approvers, ...(stage.escalateTo ?? [])];
      const names = namesOf(approvers);
      if (names === undefined || !isListed(approvers, voter)) continue;
      const others = [...names].filter((name) => !spent.has(name)).length;
      const missing = stage.required - (progressOf(policy, stage, progress)?.approved ?? 0);
      // Where even this voter would not do, nothing is lost by their approval.
      if (others === missing - 1) return { policy: policy.name, stage: stage.name };
    }
  }
  return undefined;
}

/** `stage leads of policy prod cannot do without you, and a person counts once: let somebody else approve stage oncall`. */
export function neededLaterMessage({ policy, stage }: NeededLater, open: readonly string[]): string {
  return `stage ${stage} of policy ${policy} cannot do without you, and a person counts once: let somebody else approve stage ${open.join(', ')}`;
}

function later(policy: PolicyTerms, progress: readonly StageProgress[]): readonly Stage[] {
  const { stages } = policy.terms;
  const open = openStage(policy, progress);
  return open === undefined ? [] : stages.slice(stages.indexOf(open) + 1);
}

/** Everybody by name, folded; undefined where somebody is named by a group. Each name is good for one vote at most. */
function namesOf(approvers: readonly Approver[]): ReadonlySet<string> | undefined {
  const names = approvers.map((approver) => {
    switch (approver.kind) {
      case 'User':
        return foldedName(approver.name);
      case 'ServiceAccount':
        return foldedName(serviceAccountUsername(approver.namespace ?? '', approver.name));
      case 'Group':
      case 'SlackUserGroup':
        return undefined;
    }
  });
  return names.every((name) => name !== undefined) ? new Set(names) : undefined;
}
