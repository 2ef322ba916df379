import type { ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import { type ApprovalEvent, approvalState } from '../../core/approval/approval-state.ts';
import { isGenuine, type Seals } from '../../core/approval/seal.ts';
import { transition } from '../../core/approval/transition.ts';
import type { UseGivenBack } from '../../core/evidence/happenings.ts';
import { type Approvals, ConflictError } from '../../ports/approvals.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Finding } from './finding.ts';

export interface ActPorts {
  /** Its writes are sealed on their way (R15). */
  readonly approvals: Pick<Approvals, 'get' | 'writeStatus'>;
  readonly seals: Pick<Seals, 'isRequest' | 'isStatus'>;
  readonly vote: (namespace: string, name: string) => ApprovalVote | undefined;
  readonly clock: Clock;
}

export type Acted =
  | { readonly kind: 'Done'; readonly request: ApprovalRequest }
  | { readonly kind: 'Refused'; readonly why: string }
  /** To be tried again. */
  | { readonly kind: 'NotYet'; readonly why: string };

/** Others write its status too: the controller, and those who tell people. */
const ATTEMPTS = 10;

/** R42. Giving back twice is refused by the transition, and by the API server's own rules behind it. */
export async function giveBackUse(
  { request, decision, code }: Extract<Finding, { kind: 'GiveBack' }>,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<Acted> {
  return await change(request, { type: 'GiveBack', decision, code }, ports, signal, (stored) =>
    // Written before, and the record of it was not.
    (stored.status?.uses ?? []).some((use) => use.decision === decision && use.givenBack?.code === code),
  );
}

export function givenBackData(
  finding: Extract<Finding, { kind: 'GiveBack' }>,
  { metadata: { uid = '' } }: ApprovalRequest,
): UseGivenBack {
  const { request, decision, code, event } = finding;
  return { request, requestUID: uid, decision, code, event };
}

/** R23: revokes what an impersonated vote was counted for, or what was asked in another's name. */
export async function revokeImpersonated(
  { made, object, by }: Extract<Finding, { kind: 'Impersonated' }>,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<Acted> {
  const event = { type: 'Impersonated', message: by.message } as const;
  if (made === 'Request') return await change(object, event, ports, signal);
  const [namespace = '', name = ''] = object.split('/');
  const vote = ports.vote(namespace, name);
  // Or the watch has not shown it yet.
  if (vote === undefined) return { kind: 'NotYet', why: 'the vote is gone' };
  const { requestUID, request } = vote.spec;
  const stored = await ports.approvals.get(namespace, request, signal);
  if (stored?.metadata.uid !== requestUID) return { kind: 'Refused', why: 'its request is gone' };
  if (stored.status?.votes?.some(({ uid }) => uid === vote.metadata.uid) !== true)
    return { kind: 'NotYet', why: 'it was not counted' };
  return await change(`${namespace}/${request}`, event, ports, signal);
}

async function change(
  reference: string,
  event: ApprovalEvent,
  { approvals, seals, clock }: ActPorts,
  signal: AbortSignal,
  isDone: (stored: ApprovalRequest) => boolean = () => false,
): Promise<Acted> {
  const [namespace = '', name = ''] = reference.split('/');
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const stored = await approvals.get(namespace, name, signal);
    if (stored === undefined) return { kind: 'Refused', why: 'the request is gone' };
    // R15: a status that is not ours must not become so.
    if (!isGenuine(stored, seals)) return { kind: 'Refused', why: 'the request does not bear our seal' };
    if (isDone(stored)) return { kind: 'Done', request: stored };
    const result = transition(approvalState(stored), event, clock.now());
    if (!result.ok) return { kind: 'Refused', why: result.message };
    try {
      return { kind: 'Done', request: await approvals.writeStatus(stored, result.status, signal) };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return { kind: 'NotYet', why: 'others write its status all the time' };
}
