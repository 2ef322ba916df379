import type { ApiRegistration, ApiRegistrations } from '../../ports/api-registrations.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';

const API_SERVICES = { group: 'apiregistration.k8s.io', version: 'v1', plural: 'apiservices' };

export function createApiRegistrations(client: KubeClient): ApiRegistrations {
  return {
    find: (name, signal) => client.find<ApiRegistration>(resourcePath({ ...API_SERVICES, name }), { signal }),
    remove: async ({ metadata: { name, uid, resourceVersion } }, signal) => {
      const preconditions = {
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      };
      try {
        await client.delete(resourcePath({ ...API_SERVICES, name }), { preconditions }, { signal });
      } catch (error) {
        // Gone, or another by now.
        if (!isApiError(error, 404) && !isApiError(error, 409)) throw error;
      }
    },
  };
}
