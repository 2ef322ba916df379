import type { ApiRegistration, ApiRegistrations } from '../../ports/api-registrations.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { EVIDENCE_API_SERVICE, REGISTERED_BY } from './desired.ts';

export interface WithdrawPorts {
  readonly registrations: ApiRegistrations;
  readonly systemNamespace: string;
  readonly stillLeading: () => boolean;
  readonly log: Logger;
}

/**
 * Takes the registration of the API of evidence away where none is configured any more: a registration that nobody serves
 * keeps every namespace that is deleted in Terminating. One that is not ours stays, and is told.
 */
export function createEvidenceApiWithdrawer({ registrations, systemNamespace, stillLeading, log }: WithdrawPorts) {
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const found = await registrations.find(EVIDENCE_API_SERVICE, signal);
    if (found === undefined || !stillLeading()) return { type: 'Done' };
    if (!isOurs(found, systemNamespace)) {
      log.warn({ apiService: EVIDENCE_API_SERVICE }, 'an API of evidence is registered that is not ours, and stays');
      return { type: 'Done' };
    }
    await registrations.remove(found, signal);
    log.info({ apiService: EVIDENCE_API_SERVICE }, 'the API of evidence is not registered any more');
    return { type: 'Done' };
  };
}

/** Registered by a controller of this installation, and not served by the API server itself. */
function isOurs({ metadata, spec }: ApiRegistration, systemNamespace: string): boolean {
  return (
    metadata.labels?.['app.kubernetes.io/part-of'] === 'sallyport' &&
    metadata.annotations?.[REGISTERED_BY] === systemNamespace &&
    spec.service !== undefined
  );
}
