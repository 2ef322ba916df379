import { API_VERSION, GROUP, PLURALS, VERSION } from '../../core/api/group.ts';
import type { ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import { AlreadyExistsError, type Approvals, ConflictError } from '../../ports/approvals.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { listAll } from './list-all.ts';
import { listWatch } from './list-watch.ts';
import { type ResourceLocation, resourcePath } from './resource-path.ts';

export const REQUESTS: ResourceLocation = { group: GROUP, version: VERSION, plural: PLURALS.ApprovalRequest };
export const POLICIES: ResourceLocation = { group: GROUP, version: VERSION, plural: PLURALS.ApprovalPolicy };
export const VOTES: ResourceLocation = { group: GROUP, version: VERSION, plural: PLURALS.ApprovalVote };

/** Requests as the API server stores them. Its 409 is either a taken name or a lost race, by the call. */
export function createApprovals(client: KubeClient): Approvals {
  return {
    open: (request, signal) =>
      client
        .create<ApprovalRequest>(resourcePath({ ...REQUESTS, namespace: request.metadata.namespace ?? '' }), request, {
          signal,
        })
        .catch((error: unknown) => {
          if (isApiError(error, 409)) throw new AlreadyExistsError('the name is taken', { cause: error });
          throw error;
        }),
    get: (namespace, name, signal) =>
      client.find<ApprovalRequest>(resourcePath({ ...REQUESTS, namespace, name }), { signal }),
    votesOn: async ({ metadata: { namespace = '', uid = '' } }, signal) => {
      const path = resourcePath({ ...VOTES, namespace });
      const votes = listWatch<ApprovalVote>(client, path, { fieldSelector: `spec.requestUID=${uid}` });
      return (await listAll(votes, signal)).objects;
    },
    writeStatus: (request, status, signal) => {
      const { namespace = '', name, uid, resourceVersion } = request.metadata;
      const metadata = { namespace, name, uid, resourceVersion };
      const body = { apiVersion: API_VERSION, kind: 'ApprovalRequest', metadata, spec: request.spec, status };
      return client
        .update<ApprovalRequest>(resourcePath({ ...REQUESTS, namespace, name, subresource: 'status' }), body, {
          signal,
        })
        .catch((error: unknown) => {
          if (isApiError(error, 409) || isApiError(error, 404))
            throw new ConflictError('somebody else wrote first', { cause: error });
          throw error;
        });
    },
  };
}
