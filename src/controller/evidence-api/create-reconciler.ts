import { EVIDENCE_GROUP, EVIDENCE_VERSION } from '../../core/evidence/record-object.ts';
import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';

/** Through which the API server reaches the API of evidence. */
export interface EvidenceService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface EvidenceApiPorts {
  readonly writer: ConfigurationWriter;
  readonly service: EvidenceService;
  /** PEM; undefined until there is a certificate. */
  readonly caBundle: () => string | undefined;
  readonly stillLeading: () => boolean;
  readonly log: Logger;
}

/** Written anew this often, so that what somebody changed by hand is put back. */
const RESYNC_MS = 60_000;

/** As high as any group that a cluster adds: kinds of other groups with the same names keep theirs. */
const GROUP_PRIORITY = 1_000;
const VERSION_PRIORITY = 15;

/** Registers the API of evidence with the authority of the serving certificate. */
export function createEvidenceApiReconciler({ writer, service, caBundle, stillLeading, log }: EvidenceApiPorts) {
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const bundle = caBundle();
    if (bundle === undefined) return { type: 'Again', afterMs: 200 };
    if (!stillLeading()) return { type: 'Done' };
    const written = await writer.apply(evidenceApiService(service, bundle), signal);
    if (written === 'Written') log.info({ service }, 'the API of evidence is registered');
    return { type: 'Again', afterMs: RESYNC_MS };
  };
}

/** apiregistration.k8s.io/v1 APIService. */
export function evidenceApiService({ namespace, name, port }: EvidenceService, caBundlePem: string): object {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${EVIDENCE_VERSION}.${EVIDENCE_GROUP}`,
      labels: { 'app.kubernetes.io/part-of': 'sallyport' },
    },
    spec: {
      group: EVIDENCE_GROUP,
      version: EVIDENCE_VERSION,
      groupPriorityMinimum: GROUP_PRIORITY,
      versionPriority: VERSION_PRIORITY,
      service: { namespace, name, port },
      caBundle: Buffer.from(caBundlePem).toString('base64'),
    },
  };
}
