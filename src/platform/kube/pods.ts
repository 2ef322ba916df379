import type { Pods } from '../../ports/pods.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';

export function createPods(client: KubeClient): Pods {
  return {
    get: async (namespace, name, signal) => {
      try {
        return await client.get(resourcePath({ group: '', version: 'v1', plural: 'pods', namespace, name }), {
          signal,
        });
      } catch (error) {
        if (isApiError(error, 404)) return undefined;
        throw error;
      }
    },
  };
}
