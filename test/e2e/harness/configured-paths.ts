import { configuredPath, type WebhookPath } from '../../../src/core/api/webhook-paths.ts';
import { json } from './kubectl.ts';

interface Configuration {
  readonly webhooks?: readonly { readonly clientConfig: { readonly service?: { readonly path?: string } } }[];
}

/** The secret changes seldom, and the one before counts for most of a minute. */
const TRUSTED_MS = 5_000;

/** The paths under which the API server calls the webhook now. Whoever may read the configurations can call it too. */
export function createPathReader(): (path: WebhookPath) => Promise<string> {
  let readAt = 0;
  let secret: string | undefined;
  let revision: string | undefined;
  return async (path) => {
    if (Date.now() - readAt > TRUSTED_MS) {
      readAt = Date.now();
      revision = /[0-9a-f]{32}$/.exec(await pathOf('sallyport-gate'))?.[0];
      secret = /^\/([0-9a-f]{64})\//.exec(await pathOf('sallyport-own-kinds'))?.[1];
    }
    return configuredPath(path, secret, path.startsWith('/gate/') ? revision : undefined);
  };
}

/** As it stands in the first entry of the ValidatingWebhookConfiguration. */
export async function pathOf(name: 'sallyport-own-kinds' | 'sallyport-gate'): Promise<string> {
  const { webhooks } = await json<Configuration>('admin', ['get', 'validatingwebhookconfiguration', name]);
  const path = webhooks?.[0]?.clientConfig.service?.path;
  if (path === undefined) throw new Error(`${name} has no entry with a path`);
  return path;
}
