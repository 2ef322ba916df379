import { isOwnGroup, unknownSubresources } from '../../core/decision/known-subresources.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Discovery } from '../../ports/discovery.ts';

/** An API server is upgraded under a Sallyport that goes on running. */
const LOOK_AGAIN_MS = 600_000;

/** R33: says which subresources the API server offers that this version does not know, at the start and from time to time. */
export function createDiscoveryReconciler(discovery: Discovery, log: Logger, metrics: Metrics) {
  const gauge = metrics.gauge({
    name: 'unknown_subresources',
    help: 'Subresources of Kubernetes that this version of Sallyport does not know: a policy may not look at them.',
    labels: {},
  });
  let said = '';
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const unknown = unknownSubresources(await discovery.subresources(isOwnGroup, signal));
    gauge.set({}, unknown.length);
    const names = unknown.join(' ');
    if (names !== said && names !== '') {
      log.warn(
        { subresources: unknown },
        'the API server offers subresources that this version of Sallyport does not know',
      );
    }
    said = names;
    return { type: 'Again', afterMs: LOOK_AGAIN_MS };
  };
}
