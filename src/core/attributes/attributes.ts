import type { UserInfo } from '../api/kinds.ts';
import type { JsonObject } from './json.ts';
import type { LivePod } from './live-pod.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/**
 * One request to the API server as every enforcement point sees it: the authorizer's Attributes of Kubernetes with the
 * content of admission. `namespace` is absent for a cluster-scoped target; a Namespace carries its own name there.
 */
export interface Attributes {
  readonly user: UserInfo;
  readonly operation: Operation;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  /** CREATE and UPDATE: the object as it would be stored. CONNECT: its options. DELETE: null. */
  readonly object: JsonObject | null;
  readonly oldObject: JsonObject | null;
  /** The decoded CreateOptions, UpdateOptions or DeleteOptions. */
  readonly options: JsonObject | null;
  readonly dryRun: boolean;
  /** CONNECT to a pod: that pod as it was a moment ago. */
  readonly pod?: LivePod;
}

/** `pods/exec`, `deployments`. */
export function resourceOf(attributes: Pick<Attributes, 'resource' | 'subresource'>): string {
  return attributes.subresource === undefined
    ? attributes.resource
    : `${attributes.resource}/${attributes.subresource}`;
}
