import type { Seals } from '../core/approval/seal.ts';
import type { Approvals } from '../ports/approvals.ts';

/** R15: whoever of ours writes a status, it is sealed here, on its way. */
export function sealedStatus(store: Pick<Approvals, 'writeStatus'>, seals: Seals): Approvals['writeStatus'] {
  return (request, status, signal) =>
    store.writeStatus(request, { ...status, seal: seals.status(request.metadata.uid ?? '', status) }, signal);
}
