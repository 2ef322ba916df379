import type { Pods } from '../../ports/pods.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './resource-path.ts';

export function createPods(client: KubeClient): Pods {
  return {
    get: (namespace, name, signal) =>
      client.find(resourcePath({ group: '', version: 'v1', plural: 'pods', namespace, name }), { signal }),
  };
}
