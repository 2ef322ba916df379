import type { ApprovalRequest } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import { retryAfterSeconds } from '../core/decision/waiting.ts';
import type { Call } from './call.ts';
import { requestReference } from './denied.ts';
import type { EnforcementPorts } from './ports.ts';

/** kubectl asks again over SPDY when a WebSocket exec is refused: each of the two reviews holds half of the time. */
const REVIEWS_OF_ONE_EXEC = 2;

/** What it takes to decide again, and to use, before R43's deadline. */
const TO_DECIDE_MS = 300;

/**
 * L1 of DESIGN §3: holds the review of a CONNECT until its request is decided, or its share of the time is over. Says
 * whether it held: then the world may have changed, and the caller decides again.
 */
export async function holdConnect(
  gated: GatedAction,
  request: ApprovalRequest,
  ports: EnforcementPorts,
  call: Call,
): Promise<boolean> {
  const share = (gated.waiting.connectSeconds * 1000) / REVIEWS_OF_ONE_EXEC;
  const ms = Math.min(share, call.deadline - TO_DECIDE_MS - ports.clock.now());
  if (gated.action.operation !== 'CONNECT' || ms <= 0) return false;
  const leave = ports.held.enter(gated.user.username);
  if (leave === undefined) return false;
  try {
    await ports.signals.settled(requestReference(request), ms, call.signal);
    return true;
  } catch (error) {
    // Nobody waits any more: deciding again says so.
    if (call.signal.aborted) return true;
    throw error;
  } finally {
    leave();
  }
}

/** L2 of DESIGN §3: after how many seconds the client shall send a refused write again; undefined where it shall not. */
export function retryWrite(
  gated: GatedAction,
  request: ApprovalRequest,
  { operation }: Pick<Attributes, 'operation'>,
  { clock }: Pick<EnforcementPorts, 'clock'>,
): number | undefined {
  if (operation === 'CONNECT') return undefined;
  const created = Date.parse(request.metadata.creationTimestamp ?? '');
  const age = Number.isNaN(created) ? 0 : Math.max((clock.now() - created) / 1000, 0);
  return retryAfterSeconds(age, gated.waiting.writeSeconds);
}
