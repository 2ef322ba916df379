import { ConflictError } from '../../ports/approvals.ts';
import type { SecretStore } from '../../ports/secret-store.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import { resourcePath } from './resource-path.ts';

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function createSecretStore(client: KubeClient, namespace: string): SecretStore {
  const path = (name?: string) =>
    resourcePath({ group: '', version: 'v1', plural: 'secrets', namespace, ...(name === undefined ? {} : { name }) });
  return {
    read: async (name, signal) => {
      const secret = await client.find<Secret>(path(name), { signal });
      if (secret === undefined) return undefined;
      const values = Object.entries(secret.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString('utf8'),
      ]);
      return { values: Object.fromEntries(values), version: secret.metadata.resourceVersion ?? '' };
    },
    write: async (name, values, version, signal) => {
      const data = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      );
      const metadata = {
        name,
        namespace,
        labels: { 'app.kubernetes.io/part-of': 'sallyport' },
        ...(version === undefined ? {} : { resourceVersion: version }),
      };
      const body = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data };
      try {
        await (version === undefined
          ? client.create(path(), body, { signal })
          : client.update(path(name), body, { signal }));
      } catch (error) {
        if (isApiError(error, 409) || isApiError(error, 404))
          throw new ConflictError('somebody else wrote first', { cause: error });
        throw error;
      }
    },
  };
}
