import { isNamespace } from '../core/attributes/is-namespace.ts';
import { API_VERSION } from '../core/api/group.ts';
import type { Action, ApprovalRequest } from '../core/api/kinds.ts';
import { sha256 } from '../core/api/sha256.ts';
import { requestPrefix } from '../core/decision/request-place.ts';
import { homeIn, NOTHING_ASKS, sameIn } from '../core/decision/written-refusals.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { isApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { refused } from './cli-error.ts';
import { getRequest, requestPath } from './requests.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';

/** What is the requester's to say. */
export interface Words {
  readonly reason: string;
  readonly ticket?: string | undefined;
  readonly duration?: string | undefined;
}

export type Sent =
  | { readonly type: 'Asked'; readonly request: ApprovalRequest }
  /** The same was asked for before, and is open: one request stands for both (R14). */
  | { readonly type: 'Joined'; readonly request: ApprovalRequest }
  | { readonly type: 'NotNeeded' };

/**
 * The request as `kubectl create` takes it; everything else is stamped (R12).
 *
 * @param now makes its name another one than that of the same request an hour ago
 */
export function writtenRequest(action: Action, { reason, ticket, duration }: Words, now: number): ApprovalRequest {
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalRequest',
    metadata: {
      name: `${requestPrefix(action)}-${sha256([action, now]).slice('sha256:'.length, 'sha256:'.length + 8)}`,
      namespace: isNamespace(action) ? SYSTEM_NAMESPACE : (action.namespace ?? SYSTEM_NAMESPACE),
    },
    spec: {
      action,
      reason,
      ...(ticket === undefined ? {} : { ticket }),
      ...(duration === undefined ? {} : { duration }),
    },
  };
}

export interface SendOptions {
  /** The server stamps and judges it, and keeps nothing. */
  readonly dryRun: boolean;
  /** A namespace that there is, where it may be that there is no `sallyport-system`: the server says where it lives. */
  readonly elsewhere?: string | undefined;
  /** The server has said where it lives. */
  readonly moved?: boolean;
}

/** @throws CliError with the words of who refused it */
export async function sendRequest(
  client: KubeClient,
  request: ApprovalRequest,
  { dryRun, elsewhere, moved = false }: SendOptions,
): Promise<Sent> {
  try {
    return { type: 'Asked', request: await create(client, request, dryRun) };
  } catch (error) {
    const to = (namespace: string) => ({ ...request, metadata: { ...request.metadata, namespace } });
    const isLost = isApiError(error, 404) && request.metadata.namespace === SYSTEM_NAMESPACE && !moved;
    if (isLost && elsewhere !== undefined) return await sendRequest(client, to(elsewhere), { dryRun });
    if (!isApiError(error, 403)) throw error;
    if (error.message.endsWith(NOTHING_ASKS)) return { type: 'NotNeeded' };
    const same = sameIn(error.message);
    if (same !== undefined) return { type: 'Joined', request: await getRequest(client, same) };
    const home = homeIn(error.message);
    if (home === undefined || moved) throw refused(`not asked: ${error.message}`, undefined, { cause: error });
    return await sendRequest(client, to(home), { dryRun, moved: true });
  }
}

function create(client: KubeClient, request: ApprovalRequest, dryRun: boolean): Promise<ApprovalRequest> {
  const path = requestPath(request.metadata.namespace);
  return client.create<ApprovalRequest & KubeObject>(path, request, dryRun ? { query: { dryRun: 'All' } } : {});
}
