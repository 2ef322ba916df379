import type { ChannelPerson, OnBehalfOf, People } from '../../core/people/people.ts';
import type { Session } from './sessions.ts';

/** Who looks. */
export interface Viewer {
  /** As the console knows them: what a vote is cast for. */
  readonly claim: OnBehalfOf;
  /** Under which they are looked for in requests and policies: of the map where it has them, otherwise of the token. */
  readonly username: string;
  readonly groups: readonly string[];
  readonly voter: Voter;
}

export type Voter =
  | { readonly kind: 'Person'; readonly who: ChannelPerson }
  /** R22: no entry, no vote. They may look. */
  | { readonly kind: 'NoEntry' }
  /**
   * The people map cannot be read: nobody knows who is the same person. Who they were when it could be, is enough to show
   * what was known then, and never to vote.
   */
  | { readonly kind: 'MapAway'; readonly last?: ChannelPerson };

/** @param last the people map as it was when it could be read */
export function viewerOf({ username, email, groups }: Session, people: People | undefined, last?: People): Viewer {
  const claim: OnBehalfOf = {
    kind: 'OIDC',
    id: username,
    groups: [...groups],
    ...(email === undefined ? {} : { email }),
  };
  if (people === undefined) {
    const was = last?.ofChannel(claim);
    if (was === undefined) return { claim, username, groups, voter: { kind: 'MapAway' } };
    return { claim, username: was.username, groups: was.groups, voter: { kind: 'MapAway', last: was } };
  }
  const who = people.ofChannel(claim);
  if (who === undefined) return { claim, username, groups, voter: { kind: 'NoEntry' } };
  return { claim, username: who.username, groups: who.groups, voter: { kind: 'Person', who } };
}

/** Who it is, or was when the people map could be read: for what they see. */
export function knownAs({ voter }: Viewer): ChannelPerson | undefined {
  switch (voter.kind) {
    case 'Person':
      return voter.who;
    case 'MapAway':
      return voter.last;
    case 'NoEntry':
      return undefined;
  }
}

export function personOf(viewer: Viewer): string | undefined {
  return knownAs(viewer)?.person;
}
