import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './resource-path.ts';

const FIELD_MANAGER = 'sallyport';

interface Configuration {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Server-side apply (KEP-555): unchanged content changes no resourceVersion. */
export function createConfigurationWriter(client: KubeClient): ConfigurationWriter {
  return {
    apply: async (object, signal) => {
      const { apiVersion, kind, metadata } = object as Configuration;
      const [group = '', version = ''] = apiVersion.split('/');
      const path = resourcePath({ group, version, plural: `${kind.toLowerCase()}s`, name: metadata.name });
      await client.patch(path, object, { type: 'apply', fieldManager: FIELD_MANAGER, force: true }, { signal });
    },
  };
}
