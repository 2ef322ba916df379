import type { RequestStore } from '../../ports/request-store.ts';
import { createApprovals, REQUESTS } from './approvals.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';

export function createRequestStore(client: KubeClient): RequestStore {
  const approvals = createApprovals(client);
  return {
    writeStatus: (request, status, signal) => approvals.writeStatus(request, status, signal),
    remove: async (request, signal) => {
      const { namespace = '', name, uid } = request.metadata;
      const body = {
        propagationPolicy: 'Background',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      } as const;
      try {
        await client.delete(resourcePath({ ...REQUESTS, namespace, name }), body, { signal });
      } catch (error) {
        if (!isApiError(error, 404) && !isApiError(error, 409)) throw error;
      }
    },
  };
}
