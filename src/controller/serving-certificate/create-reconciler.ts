import type { Clock } from '../../ports/clock.ts';
import type { SecretStore } from '../../ports/secret-store.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { rotateServingBundle } from '../../platform/tls/rotate.ts';
import { caBundle, type ServingNames } from '../../platform/tls/serving-bundle.ts';
import { authorityValues, bundleOf, CERTIFICATE_SECRETS, servingValues } from './certificate-secrets.ts';

export interface CertificateReconcilerPorts {
  readonly secrets: SecretStore;
  readonly names: ServingNames;
  readonly clock: Clock;
  /** 16 fresh bytes from a cryptographic source. */
  readonly randomSerial: () => Uint8Array;
  readonly log: Logger;
  /** The bundle that the webhook configurations must carry from now on. */
  readonly onBundle: (caBundlePem: string) => void;
}

/** Someone may delete the Secret: it is looked at this often even when nothing is due. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Keeps authority and serving certificate valid and in their Secrets. The authority is written first: a crash between the
 * two leaves a leaf that the bundle still trusts.
 */
export function createCertificateReconciler(ports: CertificateReconcilerPorts) {
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const { secrets, clock, log } = ports;
    const authority = await secrets.read(CERTIFICATE_SECRETS.authority, signal);
    const serving = await secrets.read(CERTIFICATE_SECRETS.serving, signal);
    const { bundle, renewed, checkAgainAt } = await rotateServingBundle(bundleOf(authority?.values, serving?.values), {
      names: ports.names,
      caCommonName: 'sallyport',
      now: clock.now(),
      randomSerial: ports.randomSerial,
    });
    if (renewed.length > 0) {
      await secrets.write(CERTIFICATE_SECRETS.authority, authorityValues(bundle), authority?.version, signal);
      await secrets.write(CERTIFICATE_SECRETS.serving, servingValues(bundle), serving?.version, signal);
      log.info({ renewed: renewed.map(({ what, reason }) => `${what}: ${reason}`) }, 'serving certificate renewed');
    }
    ports.onBundle(caBundle(bundle));
    return { type: 'Again', afterMs: Math.min(Math.max(checkAgainAt - clock.now(), 1_000), LONGEST_WAIT_MS) };
  };
}
