import { API_VERSION } from '../../src/core/api/group.ts';
import type { ApprovalRequest, RequestSpec } from '../../src/core/api/kinds.ts';
import { writtenExec } from './exec-action.ts';

/** A request as a person writes it, before it is stamped: without more, to run ls in prod/web-0. */
export function writtenRequest(
  spec: Partial<RequestSpec> = {},
  metadata: Partial<ApprovalRequest['metadata']> = {},
): ApprovalRequest {
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalRequest',
    metadata: { name: 'shell', namespace: 'prod', ...metadata },
    spec: { action: writtenExec(['ls']), ...spec },
  };
}
