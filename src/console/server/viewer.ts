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
  /** The people map cannot be read: nobody knows who is the same person. */
  | { readonly kind: 'MapAway' };

export function viewerOf({ username, email, groups }: Session, people: People | undefined): Viewer {
  const claim: OnBehalfOf = {
    kind: 'OIDC',
    id: username,
    groups: [...groups],
    ...(email === undefined ? {} : { email }),
  };
  if (people === undefined) return { claim, username, groups, voter: { kind: 'MapAway' } };
  const who = people.ofChannel(claim);
  if (who === undefined) return { claim, username, groups, voter: { kind: 'NoEntry' } };
  return { claim, username: who.username, groups: who.groups, voter: { kind: 'Person', who } };
}

export function personOf({ voter }: Viewer): string | undefined {
  return voter.kind === 'Person' ? voter.who.person : undefined;
}
