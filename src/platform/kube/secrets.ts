import type { KubeClient } from './client.ts';
import { isApiError, KubeResponseError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import { resourcePath } from './resource-path.ts';

/** The values of a Secret by key. Never log it. */
export type SecretData = ReadonlyMap<string, Buffer>;

export interface SecretRequest {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Makes the values; called only for a Secret that is not there, or that lacks one of `keys`. */
  readonly generate: () => Promise<Readonly<Record<string, Buffer>>>;
  /** The keys that must be there. */
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Replicas that start together race; each lost race is a read of what the winner wrote. */
const MAX_ATTEMPTS = 5;

/**
 * Reads a Secret, or creates it. Of several that try at once one wins and all return the same values: writes are checked
 * by AlreadyExists and by resourceVersion. Values that are there are never replaced; missing keys are added.
 *
 * @throws KubeApiError, KubeUnreachableError
 * @throws KubeResponseError when `keys` are still missing, or others kept changing it
 */
export async function getOrCreateSecret(request: SecretRequest): Promise<SecretData> {
  const { client, namespace, name, signal } = request;
  const path = resourcePath({ group: '', version: 'v1', plural: 'secrets', namespace, name });
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const secret = await client.find<Secret>(path, { signal });
    if (secret !== undefined && lacking(secret, request.keys).length === 0) return decode(secret);
    const written = await write(request, secret, path).catch(lost);
    if (written === undefined) continue;
    const missing = lacking(written, request.keys);
    if (missing.length > 0) throw new KubeResponseError('Malformed', `the secret ${name} lacks ${missing.join(', ')}`);
    return decode(written);
  }
  throw new KubeResponseError('Malformed', `the secret ${name} kept changing`);
}

async function write(request: SecretRequest, current: Secret | undefined, path: string): Promise<Secret> {
  const { client, namespace, name, labels, signal } = request;
  const generated = Object.entries(await request.generate()).map(([key, value]) => [key, value.toString('base64')]);
  const data = { ...(Object.fromEntries(generated) as Record<string, string>), ...current?.data };
  if (current !== undefined) return client.update<Secret>(path, { ...current, data }, { signal });
  const collection = resourcePath({ group: '', version: 'v1', plural: 'secrets', namespace });
  const metadata = { name, namespace, ...(labels === undefined ? {} : { labels }) };
  return client.create<Secret>(
    collection,
    { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data },
    { signal },
  );
}

function lacking(secret: Secret, keys: readonly string[]): string[] {
  return keys.filter((key) => secret.data?.[key] === undefined);
}

function decode(secret: Secret): SecretData {
  return new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

/** Somebody else created, changed or deleted it first: look again. */
function lost(error: unknown): undefined {
  if (!isApiError(error, 409) && !isApiError(error, 404)) throw error;
}
