import { isProxied } from '../attributes/proxied-name.ts';
import type { Reviewed } from '../attributes/from-audit-event.ts';
import { type AuditEvent } from '../evidence/audit-event.ts';
import { decisionOf } from '../evidence/entry.ts';
import type { NOT_REACHED, NOT_SHOWN } from './reasons.ts';

/** Whether a request came as far as our webhook would have been asked. */
export type Attempt =
  | { readonly reached: true }
  | { readonly reached: false; readonly why: keyof typeof NOT_REACHED }
  | { readonly reached: 'unknown'; readonly why: keyof typeof NOT_SHOWN };

/** apiserver/pkg/endpoints/filters/authorization.go: `allow` or `forbid`; absent where it never came so far. */
const RBAC = 'authorization.k8s.io/decision';

const REACHED: Attempt = { reached: true };

/**
 * Where kube-apiserver asks validating webhooks (registry/generic/registry/store.go): a create just before it is stored, an
 * update after what is there was read, compared with the version that the caller names, and validated; a deletion after
 * the object was found; a CONNECT before the pod is looked up, which for us ends in "there is no such pod".
 */
export function attemptOf(event: AuditEvent, { attributes }: Reviewed): Attempt {
  const code = event.responseStatus?.code;
  // Whatever came of it: we were asked.
  if (decisionOf(event) !== undefined) return REACHED;
  const rbac = event.annotations?.[RBAC];
  if (rbac === 'forbid') return { reached: false, why: 'Forbidden' };
  if (code === undefined || event.stage === 'Panic') return { reached: 'unknown', why: 'Failed' };
  if (code < 400) return REACHED;
  if (code === 401) return { reached: false, why: 'Unauthenticated' };
  if (isProxied(attributes)) return { reached: 'unknown', why: 'Failed' };
  switch (code) {
    case 403:
      return { reached: 'unknown', why: 'RefusedElsewhere' };
    case 404:
      return { reached: false, why: 'NotFound' };
    case 409:
      // AlreadyExists is found by storing it.
      return attributes.operation === 'CREATE' ? REACHED : { reached: false, why: 'Conflict' };
    case 422:
      return { reached: false, why: 'Invalid' };
    case 429:
      // A disruption budget is asked behind admission.
      return attributes.subresource === 'eviction' ? REACHED : { reached: false, why: 'Throttled' };
    default:
      return { reached: 'unknown', why: 'Failed' };
  }
}
