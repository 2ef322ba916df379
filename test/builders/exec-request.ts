import type { Action, ApprovalRequest, RequestSpec, RequestStatus } from '../../src/core/api/kinds.ts';
import { digestOf } from '../../src/core/attributes/digest.ts';
import { execAction } from './exec-action.ts';

export interface Parts {
  readonly name?: string;
  readonly action?: Partial<Action>;
  readonly spec?: Partial<RequestSpec>;
  readonly status?: RequestStatus;
}

/** A request of alice's to exec into prod/web-0, asked at 10:00 on 2026-01-01 and pending until 10:15. */
export function execRequest({ name = 'exec-web-0', action: changed = {}, spec = {}, status = {} }: Parts = {}) {
  const action: Action = { ...execAction(['ls', '/a b']), targetUID: 'pod-uid', ...changed };
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'ApprovalRequest',
    metadata: { name, namespace: 'prod', uid: `uid-of-${name}`, creationTimestamp: '2026-01-01T10:00:00Z' },
    spec: {
      requester: { username: 'alice', groups: ['developers'], class: 'Human', person: 'alice' },
      action,
      digest: digestOf(action),
      policies: [
        {
          name: 'prod-shells',
          uid: 'policy-uid',
          generation: 2,
          terms: {
            stages: [{ name: 'oncall', required: 1, approvers: [{ kind: 'Group', name: 'sre' }] }],
            timeoutSeconds: 900,
            grant: { type: 'Once', binding: 'Exact', useWithinSeconds: 900 },
          },
        },
      ],
      ...spec,
    },
    status: { state: 'Pending', approvals: '0/1', expiresAt: '2026-01-01T10:15:00Z', ...status },
  } satisfies ApprovalRequest;
}
