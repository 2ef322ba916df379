import { buildVote } from '../../../src/core/approval/act.ts';
import type { ApprovalRequest } from '../../../src/core/api/kinds.ts';
import { achieves } from '../../harness/achieves.ts';
import { type ApiAnswer, type ApiClient, call, mustCall } from './api-client.ts';

const API = '/apis/sallyport.dev/v1alpha1/namespaces';

export async function listRequests(admin: ApiClient, namespace: string): Promise<ApprovalRequest[]> {
  return (await mustCall<{ items: ApprovalRequest[] }>(admin, 'GET', `${API}/${namespace}/approvalrequests`)).items;
}

export async function getRequest(admin: ApiClient, namespace: string, name: string): Promise<ApprovalRequest> {
  return await mustCall<ApprovalRequest>(admin, 'GET', `${API}/${namespace}/approvalrequests/${name}`);
}

/** The vote as the plugin posts it, without waiting for it to count. */
export function postApproval(client: ApiClient, voter: string, request: ApprovalRequest): Promise<ApiAnswer> {
  const vote = buildVote(request, voter, 'Approve', undefined);
  return call(client, 'POST', `${API}/${request.metadata.namespace ?? ''}/approvalvotes`, vote);
}

/** Votes and waits until the request is approved. */
export async function approveByPost(client: ApiClient, voter: string, request: ApprovalRequest): Promise<void> {
  const { name } = request.metadata;
  const namespace = request.metadata.namespace ?? '';
  const answer = await postApproval(client, voter, request);
  if (answer.code !== 201) throw new Error(`the vote of ${voter}: ${answer.code} ${answer.body}`);
  await achieves(`${namespace}/${name} to be Approved`, async () => {
    const { status } = await getRequest(client, namespace, name);
    if (status?.state !== 'Approved') throw new Error(`it is ${status?.state ?? 'new'}`);
  });
}
