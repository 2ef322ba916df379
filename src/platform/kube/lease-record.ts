import type { KubeObject } from './kube-object.ts';
import { microTime } from './micro-time.ts';

/** coordination.k8s.io/v1 Lease. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** A lease as we saw it, and when *by our own clock*: the holder's clock is never trusted (client-go does the same). */
export interface Observation {
  readonly lease: Lease;
  readonly observedAt: number;
}

/** Keeps the moment of the first sight of what the lease says; only a change by somebody counts as a sign of life. */
export function observe(previous: Observation | undefined, lease: Lease, now: number): Observation {
  const unchanged = previous !== undefined && sameSpec(previous.lease.spec, lease.spec);
  return { lease, observedAt: unchanged ? previous.observedAt : now };
}

/** May `identity` take it: released, its own, or silent for longer than its holder promised. */
export function isFree({ lease, observedAt }: Observation, identity: string, now: number): boolean {
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === '' || holder === identity) return true;
  return observedAt + (lease.spec?.leaseDurationSeconds ?? 0) * 1000 < now;
}

/** The spec with which `identity` takes or renews the lease. */
export function held(current: LeaseSpec | undefined, identity: string, leaseSeconds: number, now: number): LeaseSpec {
  const renewal = current?.holderIdentity === identity;
  return {
    ...current,
    holderIdentity: identity,
    leaseDurationSeconds: leaseSeconds,
    acquireTime: (renewal ? current.acquireTime : undefined) ?? microTime(now),
    renewTime: microTime(now),
    leaseTransitions: (current?.leaseTransitions ?? 0) + (renewal || current === undefined ? 0 : 1),
  };
}

/** The spec that gives the lease back: the next one takes it at once (client-go's `release`). */
export function released(current: LeaseSpec, now: number): LeaseSpec {
  return {
    ...current,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: microTime(now),
    renewTime: microTime(now),
  };
}

function sameSpec(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (
    a?.holderIdentity === b?.holderIdentity &&
    a?.renewTime === b?.renewTime &&
    a?.acquireTime === b?.acquireTime &&
    a?.leaseTransitions === b?.leaseTransitions &&
    a?.leaseDurationSeconds === b?.leaseDurationSeconds
  );
}
