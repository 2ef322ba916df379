import type { ObjectMeta } from '../../core/api/object-meta.ts';

/** Any object of the Kubernetes API. Items of a list carry neither `apiVersion` nor `kind` for built-in types. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** One page of a list. `continue` is absent or empty on the last page. */
export interface KubeList<T extends KubeObject = KubeObject> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** client-go's cache key: `namespace/name`, or `name` where the kind is cluster-scoped. */
export function objectKey(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
