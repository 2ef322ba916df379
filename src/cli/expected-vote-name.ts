import type { ApprovalVote } from '../core/api/kinds.ts';
import type { KubeApiError } from '../platform/kube/errors.ts';

const TAIL = /\[sallyport code=VoteName name=([a-z0-9.-]{1,253})\]/;

/**
 * The name that the webhook asks for, of a voter whom the people map knows by another name than their username (R21);
 * undefined where the refusal is another one. Only one of the voter's own act on this very request: a message may come from
 * anywhere, and must not make another vote of this one.
 */
export function expectedVoteName({ message }: KubeApiError, { metadata, spec }: ApprovalVote): string | undefined {
  const name = TAIL.exec(message)?.[1];
  if (name === undefined || name === metadata.name) return undefined;
  const prefix = `${spec.request.slice(0, 180)}-${spec.decision.toLowerCase()}-`;
  return name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length)) ? name : undefined;
}
