import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './kube-object.ts';
import { resourcePath } from './resource-path.ts';

interface Configuration {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/**
 * Replaces whole objects. Server-side apply would leave what others added: a match condition or an object selector beside
 * ours switches an entry off. The API server stores nothing, and keeps the resourceVersion, where nothing differs: but it
 * takes an empty list for another than none, and none is what it stores (`omitempty`).
 */
export function createConfigurationWriter(client: KubeClient): ConfigurationWriter {
  return {
    apply: async (given, signal) => {
      const object = withoutEmptyLists(given);
      const { apiVersion, kind, metadata } = object as Configuration;
      const [group = '', version = ''] = apiVersion.split('/');
      const plural = configurationPlural(kind);
      const path = resourcePath({ group, version, plural, name: metadata.name });
      const present = await client.find<KubeObject>(path, { signal });
      if (present === undefined) {
        await client.create(resourcePath({ group, version, plural }), object, { signal });
        return 'Written';
      }
      const { resourceVersion, uid } = present.metadata;
      const body = { ...object, metadata: { ...metadata, resourceVersion, uid } };
      const written = await client.update<KubeObject>(path, body, { signal });
      return written.metadata.resourceVersion === resourceVersion ? 'Unchanged' : 'Written';
    },
  };
}

/** At any depth: an entry without match conditions has none. */
function withoutEmptyLists<T>(value: T): T {
  if (Array.isArray(value)) return value.map((each: unknown) => withoutEmptyLists(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, each]) => !(Array.isArray(each) && each.length === 0));
  return Object.fromEntries(fields.map(([name, each]) => [name, withoutEmptyLists<unknown>(each)])) as T;
}

export function configurationPlural(kind: string): string {
  return kind.endsWith('Policy') ? `${kind.slice(0, -1).toLowerCase()}ies` : `${kind.toLowerCase()}s`;
}
