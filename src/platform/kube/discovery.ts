import type { Discovery } from '../../ports/discovery.ts';
import type { KubeClient } from './client.ts';

interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string }[];
  }[];
}

interface ResourceList {
  readonly resources: readonly { readonly name: string }[];
}

/** Kubernetes has some 40 versions of groups of its own; nobody's list of groups makes us ask for ever. */
const VERSIONS_LIMIT = 200;

/** Discovery by the old endpoints, which every server has: https://kubernetes.io/docs/reference/using-api/api-concepts/#discovery */
export function createDiscovery(client: KubeClient): Discovery {
  const namesOf = async (path: string, group: string, signal: AbortSignal): Promise<string[]> => {
    const { resources } = await client.get<ResourceList & { metadata: never }>(path, { signal });
    return resources.flatMap(({ name }) => {
      const slash = name.indexOf('/');
      if (slash === -1) return [];
      return [group === '' ? name : `${name.slice(0, slash)}.${group}${name.slice(slash)}`];
    });
  };
  return {
    subresources: async (ofGroup, signal) => {
      const { groups } = await client.get<GroupList & { metadata: never }>('/apis', { signal });
      const served = ofGroup('') ? await namesOf('/api/v1', '', signal) : [];
      const versions = groups
        .filter(({ name }) => ofGroup(name))
        .flatMap(({ name, versions: all }) => all.map(({ groupVersion }) => ({ name, groupVersion })));
      for (const { name, groupVersion } of versions.slice(0, VERSIONS_LIMIT)) {
        served.push(...(await namesOf(`/apis/${groupVersion}`, name, signal)));
      }
      return served;
    },
  };
}
