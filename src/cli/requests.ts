import { GROUP, PLURALS, VERSION } from '../core/api/group.ts';
import type { ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import type { CallOptions, KubeClient } from '../platform/kube/client.ts';
import { isApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listAll } from '../platform/kube/list-all.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import type { RequestReference } from './request-reference.ts';

/** The longest time for a whole list, all its pages together. */
export const LIST_TIMEOUT_MS = 60_000;

/** @throws CliError when there is none; what KubeClient throws */
export async function getRequest(
  client: KubeClient,
  reference: RequestReference,
  options?: CallOptions,
): Promise<ApprovalRequest> {
  try {
    return await client.get<ApprovalRequest & KubeObject>(requestPath(reference.namespace, reference.name), options);
  } catch (error) {
    if (!isApiError(error, 404) || error.reason !== 'NotFound' || error.details?.name === undefined) throw error;
    throw new CliError(
      EXIT.notFound,
      `approval request "${reference.name}" not found in namespace "${reference.namespace}"`,
      'try: kubectl sallyport list -A --all',
      { cause: error },
    );
  }
}

/** All requests of a namespace, or of all namespaces. Which of them are open is told from their content. */
export async function listRequests(client: KubeClient, namespace: string | undefined): Promise<ApprovalRequest[]> {
  const source = listWatch<ApprovalRequest & KubeObject>(client, requestPath(namespace));
  const { objects } = await listAll(source, AbortSignal.timeout(LIST_TIMEOUT_MS));
  return objects;
}

export function createVote(client: KubeClient, vote: ApprovalVote): Promise<ApprovalVote> {
  const namespace = vote.metadata.namespace ?? '';
  return client.create<ApprovalVote>(
    resourcePath({ group: GROUP, version: VERSION, plural: PLURALS.ApprovalVote, namespace }),
    vote,
  );
}

/** Fills in the reason of the very request that was read: another one of its name is refused by its uid. */
export function giveReason(
  client: KubeClient,
  { metadata }: ApprovalRequest,
  reason: string,
): Promise<ApprovalRequest> {
  const path = requestPath(metadata.namespace ?? '', metadata.name ?? '');
  const body = { metadata: { uid: metadata.uid }, spec: { reason } };
  return client.patch<ApprovalRequest & KubeObject>(path, body, { type: 'merge' });
}

export function getVote(client: KubeClient, namespace: string, name: string): Promise<ApprovalVote> {
  const path = resourcePath({ group: GROUP, version: VERSION, plural: PLURALS.ApprovalVote, namespace, name });
  return client.get<ApprovalVote & KubeObject>(path);
}

export function requestPath(namespace: string | undefined, name?: string): string {
  return resourcePath({
    group: GROUP,
    version: VERSION,
    plural: PLURALS.ApprovalRequest,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  });
}
