import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../core/api/kinds.ts';

/** The name is taken: by an earlier review of the same action, or by somebody else's object. */
export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError';
  readonly code = 'AlreadyExists';
}

/** Somebody else wrote first (resourceVersion): a lost race. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly code = 'Conflict';
}

/** What an enforcement point may do with requests: ask, look, and use. Everything else is the controller's. */
export interface Approvals {
  /** @throws {AlreadyExistsError} */
  open(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalRequest>;
  /** As stored now; undefined where there is none. */
  get(namespace: string, name: string, signal: AbortSignal): Promise<ApprovalRequest | undefined>;
  /** The votes on exactly this request (uid) as stored now, whoever wrote them. */
  votesOn(request: ApprovalRequest, signal: AbortSignal): Promise<readonly ApprovalVote[]>;
  /**
   * Writes the status if the request is still as given (resourceVersion).
   * @throws {ConflictError}
   */
  writeStatus(request: ApprovalRequest, status: RequestStatus, signal: AbortSignal): Promise<ApprovalRequest>;
}
