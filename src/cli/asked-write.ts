import type { Action, UserInfo } from '../core/api/kinds.ts';
import { describeAction } from '../core/attributes/action.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { type JsonObject, stringAt } from '../core/attributes/json.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import { asAdmitted } from './as-admitted.ts';
import { refused } from './cli-error.ts';
import { readable } from './explain-world.ts';
import type { WriteVerb } from './planned-objects.ts';
import { findResource } from './write-attributes.ts';

/** What one object of a command stands for. */
export type AskedWrite =
  | { readonly type: 'Action'; readonly action: Action }
  /** An apply of what is there already sends nothing. */
  | { readonly type: 'NothingChanged' }
  /** It changed between two reads: plan again. */
  | { readonly type: 'Stale' };

export interface DeleteFlags {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

/**
 * The action that the plain command's write of this object is, as a requester writes it (R12).
 *
 * @param planned as the API server would store it; of delete, as it is
 */
export async function askedWrite(
  client: KubeClient,
  user: UserInfo,
  verb: WriteVerb,
  planned: JsonObject,
  flags: DeleteFlags,
): Promise<AskedWrite> {
  const { namespaced, ...resource } = await findResource(client, planned);
  const name = stringAt(planned, 'metadata', 'name');
  const isNamespace = resource.group === '' && resource.plural === 'namespaces';
  // A Namespace's review carries its own name there.
  const namespace = isNamespace ? name : namespaced ? stringAt(planned, 'metadata', 'namespace') : undefined;
  const at = namespace === undefined ? {} : { namespace };
  const attributes = {
    user,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    kind: stringAt(planned, 'kind') ?? '',
    ...at,
    ...(name === undefined ? {} : { name }),
    options: null,
    dryRun: false,
  };
  if (verb === 'delete') {
    const options = { propagationPolicy: 'Background', ...flags };
    return described({ ...attributes, operation: 'DELETE', object: null, oldObject: planned, options });
  }
  const path = name === undefined ? undefined : resourcePath({ ...resource, ...(namespaced ? at : {}), name });
  const old = path === undefined ? undefined : await readable('what there is', client.find<Stored>(path));
  // What a dry run creates has a uid of its own, which nothing has.
  if (old === undefined) return verb === 'replace' ? { type: 'Stale' } : creation(attributes, planned);
  if (!isSame(old, planned)) return { type: 'Stale' };
  if (resource.group === '' && resource.plural === 'secrets')
    throw refused(
      'a change of a Secret cannot be asked for beforehand, its values would be read',
      'run the command, it asks by itself; then give your reason: kubectl sallyport reason',
    );
  return described({ ...attributes, operation: 'UPDATE', object: planned, oldObject: old });
}

type Stored = KubeObject & JsonObject;

/** Whole, as the API server showed it: what it generates is told from what was chosen by what stands beside. */
function creation(attributes: Omit<Attributes, 'operation' | 'object' | 'oldObject'>, shown: JsonObject): AskedWrite {
  const object = asAdmitted(attributes.group, attributes.resource, shown);
  const asked = described({ ...attributes, operation: 'CREATE', object, oldObject: null });
  return asked.type === 'Action' ? { type: 'Action', action: { ...asked.action, object } } : asked;
}

function described(attributes: Attributes): AskedWrite {
  // Values of Secrets are hashed by the webhook, which alone has the key; here they only must not change.
  const found = describeAction(attributes, (value) => value);
  switch (found.kind) {
    case 'Action':
      return { type: 'Action', action: found.action };
    case 'NothingChanged':
      return { type: 'NothingChanged' };
    case 'Refused':
      throw refused(found.message);
  }
}

function isSame(old: JsonObject, planned: JsonObject): boolean {
  return ['uid', 'resourceVersion'].every(
    (field) => stringAt(old, 'metadata', field) === stringAt(planned, 'metadata', field),
  );
}
