import type { DenyReason } from '../core/decision/decide.ts';

/** What an enforcement point answers. */
export type Outcome =
  | {
      readonly kind: 'Allowed';
      readonly id: string;
      readonly code: AllowedCode;
      readonly facts: Facts;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'Denied' | 'Asked';
      readonly id: string;
      readonly code: DenialCode;
      /** The whole line, tail included. */
      readonly message: string;
      /** The client shall send the same write again by itself after so long (429). */
      readonly retryAfterSeconds?: number;
      readonly facts: Facts;
    };

export const ALLOWED_CODES = [
  'NoPolicyMatches',
  'SystemIdentity',
  'NothingChanged',
  /** Only policies in mode Warn or Audit match: they would have asked, or refused. */
  'WouldAsk',
  'WouldDeny',
  'Approved',
  'Reviewed',
  'DryRun',
] as const;
export type AllowedCode = (typeof ALLOWED_CODES)[number];

/** The same facts as in the line, for machines; and, in `detail`, what only the operator sees. */
export interface Facts {
  readonly digest?: string;
  readonly request?: string;
  readonly policies: readonly string[];
  /** Matching policies in mode Warn or Audit. */
  readonly observed?: readonly string[];
  readonly expires?: string;
  readonly retry?: boolean;
  readonly detail?: string;
}

/** What `decide` refuses, and what happens on the way to carrying a decision out. */
export type DenialCode =
  | DenyReason
  | 'ApprovalRequired'
  | 'AccessDenied'
  | 'TargetNotRunning'
  | 'NotConfirmed'
  | 'Conflict'
  | 'TooLate'
  /** Its record could not be kept. */
  | 'Unrecorded'
  | 'Unavailable';

/** The one table from codes to HTTP. Whether the same command can succeed later stands in `retry`. */
export const DENIALS: Readonly<Record<DenialCode, { readonly status: number; readonly retry: boolean }>> = {
  ApprovalRequired: { status: 403, retry: true },
  NotReady: { status: 503, retry: true },
  PeopleUnknown: { status: 503, retry: true },
  PolicyNotReady: { status: 403, retry: false },
  Guardrail: { status: 403, retry: false },
  UnknownOption: { status: 403, retry: false },
  ContainerNotNamed: { status: 403, retry: false },
  NoTarget: { status: 404, retry: false },
  DeleteCollection: { status: 403, retry: false },
  TooManyPolicies: { status: 403, retry: false },
  TooManyRequests: { status: 403, retry: true },
  AlreadyUsed: { status: 403, retry: true },
  Denied: { status: 403, retry: false },
  Expired: { status: 403, retry: false },
  Revoked: { status: 403, retry: false },
  AccessDenied: { status: 403, retry: false },
  NotConfirmed: { status: 403, retry: false },
  TargetNotRunning: { status: 409, retry: true },
  Conflict: { status: 409, retry: true },
  TooLate: { status: 503, retry: true },
  Unrecorded: { status: 503, retry: true },
  Unavailable: { status: 503, retry: true },
};
