import type { ApprovalRequest } from '../../../src/core/api/kinds.ts';
import { buildNotice } from '../../../src/core/notice/build-notice.ts';
import type { Delivery } from '../../../src/notify/channel.ts';

/** What the outbox hands to a channel of a request. */
export function deliveryOf(request: ApprovalRequest, parts: Partial<Delivery> = {}): Delivery {
  return {
    destination: '#prod-access',
    request,
    notice: buildNotice(request),
    occasions: ['Asked'],
    id: `delivery-of-${request.metadata.name}`,
    ...parts,
  };
}
