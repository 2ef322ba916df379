/** Who asks, as `userInfo` of an AdmissionReview says it. */
export interface AccessSubject {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One question to the cluster's authorizers: authorization.k8s.io/v1 ResourceAttributes. `''` means none, as there. */
export interface AccessQuestion {
  readonly user: AccessSubject;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** May this user do this, by the cluster's own rules? */
export interface AccessReview {
  /** Rejects when there is no answer; no answer is never a yes, nor a no that could be remembered. */
  allowed(question: AccessQuestion, signal: AbortSignal): Promise<boolean>;
}
