import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { STALE_AFTER_MS } from '../../core/decision/snapshot.ts';
import { policyRevision } from '../../core/decision/policy-revision.ts';
import type { PolicyCompiler } from '../../core/decision/compile.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { Watched } from '../../ports/watched.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import { gateConfiguration, ownKindsConfigurations, type WebhookAddress } from './desired.ts';

export interface ConfigurationReconcilerPorts {
  readonly policies: Watched<ApprovalPolicy>;
  readonly compile: PolicyCompiler;
  readonly writer: ConfigurationWriter;
  readonly clock: Clock;
  readonly address: WebhookAddress;
  readonly ourUsernames: readonly string[];
  readonly impersonationShows?: boolean;
  /** False while the kind of policies is going or gone. */
  readonly policyKindStands: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Logger;
  /** PEM; undefined until there is a certificate. */
  readonly caBundle: () => string | undefined;
  /** What the paths begin with: no secret where callers show a certificate; undefined until it is known. */
  readonly paths: () => Paths | undefined;
  /** False once the lease may be another's: an old leader must not put back what it computed before a pause. */
  readonly stillLeading: () => boolean;
  /** Called when the API servers have had time to see what was written. */
  readonly onEnforced: (generations: ReadonlyMap<string, number>, paths: Paths) => void;
}

export interface Paths {
  readonly secret: string | undefined;
}

/** Written anew this often, so that what somebody changed by hand is put back. */
const RESYNC_MS = 15_000;

/** API servers watch webhook configurations; each sees a change within milliseconds, and gets this long. */
const PROPAGATION_MS = 1_000;

/** Makes the webhook configurations carry the policies and the authority of the serving certificate. */
export function createConfigurationReconciler(ports: ConfigurationReconcilerPorts) {
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const caBundle = ports.caBundle();
    const paths = ports.paths();
    if (caBundle === undefined || paths === undefined) return { type: 'Again', afterMs: 200 };
    if (ports.clock.now() - ports.policies.freshAt() > STALE_AFTER_MS) return { type: 'Again', afterMs: 1_000 };
    const policies = ports.policies.list();
    // Asked after the list was taken: whoever lost policies by the loss of their kind is seen here.
    if (!(await ports.policyKindStands(signal))) {
      ports.log.error({}, 'the kind ApprovalPolicy is gone or going; the gate stays as it is and denies');
      return { type: 'Again', afterMs: 1_000 };
    }
    const input = {
      policies: policies.map(ports.compile),
      address: ports.address,
      caBundle,
      pathSecret: paths.secret,
      revision: policyRevision(policies),
      ourUsernames: ports.ourUsernames,
      impersonationShows: ports.impersonationShows === true,
    };
    for (const configuration of [...ownKindsConfigurations(input), gateConfiguration(input)]) {
      if (!ports.stillLeading()) return { type: 'Done' };
      await ports.writer.apply(configuration, signal);
    }
    await ports.clock.sleep(PROPAGATION_MS, signal);
    ports.onEnforced(
      new Map(policies.map((policy) => [policy.metadata.uid ?? '', policy.metadata.generation ?? 0])),
      paths,
    );
    return { type: 'Again', afterMs: RESYNC_MS };
  };
}
