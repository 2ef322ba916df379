/**
 * An event as the API server sends it (audit.k8s.io/v1 Event, Kubernetes API docs). Only what is read is named here; the
 * ledger keeps all of it. Whoever calls the API server chooses `auditID`, `userAgent`, and what `requestURI` says.
 */
export interface AuditEvent {
  readonly level: 'Metadata' | 'Request' | 'RequestResponse';
  readonly auditID: string;
  readonly stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly requestURI: string;
  /** `get` for an exec over WebSocket, `create` for one over SPDY. */
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly resourceVersion?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string; readonly message?: string };
  /** At level Request and above. */
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  /** RFC 3339, microseconds. */
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  /** Ours is `<webhook>/decision`, allowed or denied; none at stage RequestReceived. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AuditUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}
