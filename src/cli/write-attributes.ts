import type { UserInfo } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { isJsonObject, type JsonObject, stringAt, valueAt } from '../core/attributes/json.ts';
import { parseDenial } from '../core/decision/denial.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { type Resource, resourcePath } from '../platform/kube/resource-path.ts';
import { CliError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { readable } from './explain-world.ts';

/** Never writes: every call with it is a server-side dry run. */
const FIELD_MANAGER = 'kubectl-sallyport';
const DRY_RUN = { dryRun: 'All', fieldManager: FIELD_MANAGER } as const;

export interface FoundResource extends Resource {
  readonly namespaced: boolean;
}

/** The write that `kubectl apply` of an object would make: the object as the API server would store it, by a dry run. */
export async function writeAttributes(
  { client, namespace: current }: Pick<VerbContext, 'client' | 'namespace'>,
  user: UserInfo,
  object: JsonObject,
): Promise<Attributes> {
  const resource = await findResource(client, object);
  const namespace = resource.namespaced ? (stringAt(object, 'metadata', 'namespace') ?? current) : undefined;
  const name = stringAt(object, 'metadata', 'name');
  const location = { ...resource, ...(namespace === undefined ? {} : { namespace }) };
  const oldObject = name === undefined ? null : await existing(client, resourcePath({ ...location, name }));
  const dry =
    oldObject === null || name === undefined
      ? client.create<JsonObject>(resourcePath(location), object, { query: DRY_RUN })
      : client.patch<KubeObject & JsonObject>(
          resourcePath({ ...location, name }),
          object,
          { type: 'apply', fieldManager: FIELD_MANAGER, force: true },
          { query: { dryRun: 'All' } },
        );
  const stored = await dry.catch((error: unknown) => {
    // Refused by Sallyport, as where a policy is not ready: what is written is judged as it stands in the file.
    if (error instanceof KubeApiError && parseDenial(error.message) !== undefined) return { ...oldObject, ...object };
    throw error;
  });
  // A Namespace's review carries its own name there.
  const own = resource.group === '' && resource.plural === 'namespaces' ? name : undefined;
  return {
    user,
    operation: oldObject === null ? 'CREATE' : 'UPDATE',
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    kind: stringAt(object, 'kind') ?? '',
    ...(namespace === undefined ? (own === undefined ? {} : { namespace: own }) : { namespace }),
    ...(name === undefined ? {} : { name }),
    object: stored,
    oldObject,
    options: null,
    dryRun: false,
  };
}

async function existing(client: KubeClient, path: string): Promise<JsonObject | null> {
  return (await readable('what there is', client.find<KubeObject & JsonObject>(path))) ?? null;
}

/** By discovery: which resource serves the kind. @throws CliError where none does */
export async function findResource(client: KubeClient, object: JsonObject): Promise<FoundResource> {
  const apiVersion = stringAt(object, 'apiVersion') ?? '';
  const kind = stringAt(object, 'kind') ?? '';
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const path = resourcePath({ group, version, plural: 'x' }).replace(/\/x$/, '');
  const list = await client.find<KubeObject & JsonObject>(path);
  const resources = valueAt(list, 'resources');
  const found = (Array.isArray(resources) ? resources : []).find(
    (entry: unknown) =>
      isJsonObject(entry) && entry['kind'] === kind && stringAt(entry, 'name')?.includes('/') === false,
  );
  const plural = stringAt(found, 'name');
  if (plural === undefined) throw new CliError(EXIT.notFound, `this cluster has no kind ${kind} of ${apiVersion}`);
  return { group, version, plural, namespaced: valueAt(found, 'namespaced') === true };
}
