import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { type EvidenceService, evidenceApiService } from './desired.ts';

export interface EvidenceApiPorts {
  readonly writer: ConfigurationWriter;
  readonly service: EvidenceService;
  readonly systemNamespace: string;
  /** PEM; undefined until there is a certificate. */
  readonly caBundle: () => string | undefined;
  readonly stillLeading: () => boolean;
  readonly log: Logger;
}

/** Written anew this often, so that what somebody changed by hand is put back. */
const RESYNC_MS = 60_000;

/** Registers the API of evidence with the authority of the serving certificate. */
export function createEvidenceApiReconciler(ports: EvidenceApiPorts) {
  const { writer, service, systemNamespace, caBundle, stillLeading, log } = ports;
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const bundle = caBundle();
    if (bundle === undefined) return { type: 'Again', afterMs: 200 };
    if (!stillLeading()) return { type: 'Done' };
    const written = await writer.apply(evidenceApiService(service, systemNamespace, bundle), signal);
    if (written === 'Written') log.info({ service }, 'the API of evidence is registered');
    return { type: 'Again', afterMs: RESYNC_MS };
  };
}
