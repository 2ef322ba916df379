/** core/v1 ObjectReference: what an Event is about. `namespace` is `''` for cluster-scoped objects. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** An events.k8s.io/v1 Event, as `kubectl describe` and `kubectl events` show it. */
export interface ObjectEvent {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines: why it happened. */
  readonly reason: string;
  /** CamelCase: what was done about it. */
  readonly action: string;
  /** For people. Cut to 1024 bytes, the API's limit. Never a secret: everybody who may read events reads it. */
  readonly note: string;
}

/** Tells people who look at an object what happened to it. A convenience: nothing may depend on its arrival. */
export interface Events {
  /** Returns at once and never throws; what cannot be written is logged and dropped. */
  emit(event: ObjectEvent): void;
}
