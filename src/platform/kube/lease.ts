import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { held, isFree, type Lease, type Observation, observe, released } from './lease-record.ts';
import { resourcePath } from './resource-path.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads the candidates' tries. */
  readonly random: () => number;
  /** Unique among candidates, also across restarts of one pod: its name and something random. */
  readonly identity: string;
  readonly namespace: string;
  readonly name: string;
  /**
   * The leader's work; called again each time that leadership is won. `signal` is aborted before another candidate could
   * win. `stillLeading` is for just before a write: a process that was paused knows by its clock what no timer has told
   * it yet. Every write must be checked by resourceVersion all the same. Returning, or rejecting, ends the election.
   */
  readonly onStarted: (signal: AbortSignal, stillLeading: () => boolean) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly timing?: LeaseTiming;
}

export interface LeaseTiming {
  /** How long others wait after the last sign of life. */
  readonly leaseMs: number;
  /** How long the leader works on without a renewal. Shorter by more than a request and a stalled event loop take. */
  readonly renewMs: number;
  readonly retryMs: number;
}

/** client-go's defaults. */
export const DEFAULT_LEASE_TIMING: LeaseTiming = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** client-go's JitterFactor. */
const JITTER = 1.2;

/** The reason with which a leader's signal is aborted. */
export class LeadershipLostError extends Error {
  readonly code = 'LeadershipLost';
  override readonly name = 'LeadershipLostError';
}

/**
 * Campaigns for a Lease, leads while holding it, gives it back at the end, as client-go's leaderelection does. Resolves
 * once `signal` is aborted or `onStarted` has returned while leading.
 *
 * @throws whatever `onStarted` throws while it still leads
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const { clock, signal, log, identity, name, random } = options;
  const timing = options.timing ?? DEFAULT_LEASE_TIMING;
  const candidate = createCandidate(options, timing);
  while (!signal.aborted) {
    const renewedAt = await candidate.tryToHold(signal).catch((error: unknown) => {
      if (!signal.aborted) log.warn({ err: error, lease: name, identity }, 'the lease could not be read or taken');
      return undefined;
    });
    if (renewedAt === undefined) {
      await clock.sleep(timing.retryMs * (1 + JITTER * random()), signal).catch(ignoreAbort);
      continue;
    }
    log.info({ lease: name, identity }, 'leading');
    const outcome = await lead(options, timing, candidate, renewedAt);
    log.info({ lease: name, identity, outcome }, 'no longer leading');
    if (outcome === 'Finished') return;
  }
}

/** Works and renews side by side until one of them ends. The lease is given back only after the work has stopped. */
async function lead(
  { clock, onStarted, signal, log, name }: LeaderElectionOptions,
  timing: LeaseTiming,
  candidate: Candidate,
  firstRenewal: number,
): Promise<'Finished' | 'Lost'> {
  const leading = new AbortController();
  const renewing = new AbortController();
  const work = AbortSignal.any([signal, leading.signal]);
  let renewedAt = firstRenewal;
  const stillLeading = (): boolean => !work.aborted && clock.now() < renewedAt + timing.renewMs;

  async function renew(): Promise<void> {
    while (!renewing.signal.aborted) {
      await clock.sleep(timing.retryMs, renewing.signal);
      const at = await candidate.tryToHold(renewing.signal).catch((error: unknown) => {
        if (!renewing.signal.aborted) log.warn({ err: error, lease: name }, 'the lease could not be renewed');
        return 'Unknown' as const;
      });
      // Somebody else holds it: no doubt left.
      if (at === undefined) return;
      if (at !== 'Unknown') renewedAt = at;
    }
  }

  async function expire(): Promise<void> {
    for (let left = timing.renewMs; left > 0; left = renewedAt + timing.renewMs - clock.now()) {
      await clock.sleep(left, renewing.signal);
    }
  }

  const lost = Promise.race([renew(), expire()])
    .catch(ignoreAbort)
    .then(() => {
      leading.abort(new LeadershipLostError(`the lease ${name} may be another's`));
      renewing.abort();
    });
  let outcome: 'Finished' | 'Lost' = 'Finished';
  try {
    await onStarted(work, stillLeading);
  } catch (error) {
    if (!work.aborted) throw error;
    log.debug({ err: error, lease: name }, 'the leader stopped');
  } finally {
    outcome = leading.signal.aborted ? 'Lost' : 'Finished';
    renewing.abort();
    await lost;
    // Giving back a lease that we may have lost is safe: it is read first, and the write checks its resourceVersion.
    await candidate.release().catch((error: unknown) => {
      log.warn({ err: error, lease: name }, 'the lease could not be given back');
    });
  }
  return outcome;
}

interface Candidate {
  /**
   * Takes or renews the lease. Returns the clock's time *before* the write was sent: others count from its arrival, which
   * is later. Undefined when somebody else holds it. @throws when it is not known
   */
  tryToHold(signal: AbortSignal): Promise<number | undefined>;
  release(): Promise<void>;
}

function createCandidate(
  { client, clock, identity, namespace, name }: LeaderElectionOptions,
  timing: LeaseTiming,
): Candidate {
  const resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace };
  const path = resourcePath({ ...resource, name });
  const leaseSeconds = Math.ceil(timing.leaseMs / 1000);
  // A request that takes longer than a try is worth nothing: the next try knows more.
  const timeoutMs = timing.retryMs * 2;
  let seen: Observation | undefined;

  async function write(signal: AbortSignal, current: Lease | undefined): Promise<number> {
    const sentAt = clock.now();
    const spec = held(current?.spec, identity, leaseSeconds, sentAt);
    const lease =
      current === undefined
        ? await client.create<Lease>(
            resourcePath(resource),
            { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec },
            { signal, timeoutMs },
          )
        : await client.update<Lease>(path, { ...current, spec }, { signal, timeoutMs });
    seen = { lease, observedAt: clock.now() };
    return sentAt;
  }

  async function tryOnce(signal: AbortSignal): Promise<number | undefined> {
    const lease = await client.find<Lease>(path, { signal, timeoutMs });
    if (lease !== undefined) {
      seen = observe(seen, lease, clock.now());
      if (!isFree(seen, identity, clock.now())) return undefined;
    }
    return write(signal, lease);
  }

  async function releaseOnce(): Promise<void> {
    const lease = await client.find<Lease>(path, { timeoutMs });
    if (lease?.spec?.holderIdentity !== identity) return;
    await client.update<Lease>(path, { ...lease, spec: released(lease.spec, clock.now()) }, { timeoutMs });
  }

  return {
    tryToHold: (signal) => againAfterConflict(() => tryOnce(signal)),
    release: () => againAfterConflict(releaseOnce),
  };
}

/** Somebody wrote between our read and our write: what they wrote decides, so it is read at once. */
async function againAfterConflict<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    return attempt();
  }
}

/** An aborted sleep: whoever aborted it knows. */
function ignoreAbort(): void {}
