/** An APIService (apiregistration.k8s.io/v1): under which group and version the API server passes calls on, and to whom. */
export interface ApiRegistration {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    /** Absent where the API server itself serves the group. */
    readonly service?: { readonly namespace?: string; readonly name?: string };
  };
}

/** Registrations of aggregated APIs as the API server stores them. */
export interface ApiRegistrations {
  /** Undefined where there is none of this name. */
  find(name: string, signal: AbortSignal): Promise<ApiRegistration | undefined>;
  /** As it was read, and not what somebody has put in its place since: nothing happens to that. */
  remove(registration: ApiRegistration, signal: AbortSignal): Promise<void>;
}
