import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SecretStore } from '../../ports/secret-store.ts';
import { PATH_SECRET, type PathSecret, pathSecretOf, valuesOf } from './path-secret.ts';

export interface PathSecretReconcilerPorts {
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** 64 hex digits from a cryptographic source. */
  readonly newSecret: () => string;
  readonly rotateMs: number;
  /** The secret that the webhook configurations must carry from now on. */
  readonly onSecret: (secret: string) => void;
  /** The secret that they have carried for long enough that every API server uses it; undefined before the first write. */
  readonly carried: () => string | undefined;
}

/** Every replica has seen the Secret by then: it is no older than memory may be (R1). */
const SETTLE_MS = 10_000;
/** Calls that an API server began with the old path end within their 30 s. */
const RETIRE_MS = 40_000;
/** Someone may delete the Secret: it is looked at this often even when nothing is due. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Keeps the secret that the paths of the webhook begin with, and changes it without a moment at which a configured path is
 * unknown: first both are accepted, then the configurations carry the new one, then the old one goes. An error of the API
 * server that cannot reach us quotes the path to whoever caused it: so it is also changed whenever somebody becomes the
 * leader, which is what follows an outage.
 */
export function createPathSecretReconciler(ports: PathSecretReconcilerPorts) {
  const { secrets, clock, log } = ports;
  let looked = false;
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const stored = await secrets.read(PATH_SECRET, signal);
    const present = pathSecretOf(stored?.values);
    const next = step(present, clock.now());
    if (next !== present) {
      await secrets.write(PATH_SECRET, valuesOf(next), stored?.version, signal);
      log.info({ secret: PATH_SECRET }, next.current === present?.current ? 'old path retired' : 'path secret changed');
    }
    looked = true;
    const settled = next.previous === undefined || age(next, clock.now()) >= SETTLE_MS;
    ports.onSecret(settled ? next.current : (next.previous ?? next.current));
    return { type: 'Again', afterMs: waitOf(next, clock.now()) };
  };

  function step(present: PathSecret | undefined, now: number): PathSecret {
    if (present === undefined) return { current: ports.newSecret(), since: now };
    const old = age(present, now);
    if (present.previous !== undefined) {
      const unused = old >= SETTLE_MS + RETIRE_MS && ports.carried() === present.current;
      return unused ? { current: present.current, since: present.since } : present;
    }
    // Without a previous one the configurations carry this one already: nothing is cut off by a change.
    if (looked && old < ports.rotateMs) return present;
    return { current: ports.newSecret(), previous: present.current, since: now };
  }

  function waitOf(secret: PathSecret, now: number): number {
    if (secret.previous === undefined)
      return Math.min(Math.max(ports.rotateMs - age(secret, now), 1_000), LONGEST_WAIT_MS);
    return age(secret, now) < SETTLE_MS ? SETTLE_MS - age(secret, now) : 5_000;
  }
}

/** A moment in the future is another leader's clock: as good as now. */
function age(secret: PathSecret, now: number): number {
  return Math.max(now - secret.since, 0);
}
