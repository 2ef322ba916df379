import type { ApprovalVote } from '../../../core/api/kinds.ts';
import { API_VERSION } from '../../../core/api/group.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import type { JsonObject } from '../../../core/attributes/json.ts';
import type { Separation } from '../../../core/approval/separation.ts';
import type { DecisionSettings } from '../../../core/decision/settings.ts';
import { ALLOWED, forbidden, type ReviewAnswer } from '../../review-answer.ts';
import { same } from '../approval-request/stamp.ts';
import type { Identities } from '../identities.ts';
import { separationOf, type SeparationPorts } from './separation.ts';
import { findVoter } from './voter.ts';

export interface MutatePorts extends SeparationPorts {
  readonly settings: Pick<DecisionSettings, 'seals' | 'people'>;
}

/** Stamps a vote with who casts it, and makes its request its owner, so that both go together. */
export async function mutateApprovalVote(
  attributes: Attributes,
  ports: MutatePorts,
  identities: Identities,
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  const { seals, people } = ports.settings;
  if (attributes.operation !== 'CREATE') return ALLOWED;
  const vote = attributes.object as unknown as ApprovalVote;
  const found = findVoter(attributes.user, vote.spec, people(), identities);
  if (!found.ok) return forbidden(found.problem);
  const { stamps, user } = found;
  const forged = (['voter', 'via', 'assurance'] as const).find(
    (field) => vote.spec[field] !== undefined && !same(vote.spec[field], stamps[field]),
  );
  if (forged !== undefined)
    return forbidden(`spec.${forged} is not what it would be; leave it out, it is written for you`);
  if (vote.spec.seal !== undefined) return forbidden('spec.seal is not for you to set');
  if (vote.spec.separation !== undefined) return forbidden('spec.separation is not for you to set');
  const metadata = attributes.object?.['metadata'] as JsonObject;
  const names = [...(people()?.entryOf(stamps.voter.person ?? '')?.usernames ?? []), ...tokenName(vote)];
  const others = [...new Set(names)].filter((name) => name !== user.username);
  let separation: Separation | undefined;
  try {
    separation = await separationOf(vote, { user, others, namespace: attributes.namespace }, ports, signal);
  } catch {
    return forbidden('it cannot be asked now whether you could act as the requester; try again in a moment');
  }
  const spec = { ...vote.spec, ...stamps, ...(separation === undefined ? {} : { separation }) };
  // What a dry run shows is no vote: it must not be good for one later.
  const seal = attributes.dryRun
    ? {}
    : { seal: seals.vote(attributes.namespace ?? '', vote.metadata.name ?? '', spec) };
  return {
    allowed: true,
    patch: [
      { op: 'replace', path: '/spec', value: { ...spec, ...seal } },
      { op: 'replace', path: '/metadata', value: { ...metadata, ownerReferences: ownerOf(vote) } },
    ],
  };
}

/** The username that the cluster knows whoever is signed in to the console by, whether the map lists it or not. */
function tokenName({ spec: { onBehalfOf } }: ApprovalVote): string[] {
  return onBehalfOf?.kind === 'OIDC' ? [onBehalfOf.id] : [];
}

export function ownerOf(vote: ApprovalVote): object[] {
  return [{ apiVersion: API_VERSION, kind: 'ApprovalRequest', name: vote.spec.request, uid: vote.spec.requestUID }];
}
