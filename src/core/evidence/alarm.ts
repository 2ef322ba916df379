export const ALARM_KINDS = [
  /** A gated action went through without a decision of ours. */
  'Bypass',
  /** A decision allowed something, and no event of the API server tells of it. */
  'Loss',
  /** A vote or a request was made by somebody in another's name (R23). */
  'Impersonation',
  /** A webhook configuration, a piece of the fence or a CRD of ours was changed or deleted by somebody else. */
  'GateRemoved',
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** Something got round the gate, or may have. In the ledger once for each thing (the `id` of its record), and never by a guess. */
export interface Alarm {
  readonly alarm: AlarmKind;
  /** One sentence for people: who did what, to what, and why that is an alarm. */
  readonly message: string;
  /** When it happened, as the API server says. */
  readonly at: string;
  readonly username?: string;
  /** What was done, in the word of decisions, so that a search finds both: `connect`, `create`, `update`, `delete`. */
  readonly verb?: string;
  /** `pods/exec`, `clusterrolebindings.rbac.authorization.k8s.io`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** namespace/name of the ApprovalRequest that it is about. */
  readonly request?: string;
  readonly decision?: string;
  /** Ids of the records that prove it. */
  readonly evidence: readonly string[];
}
