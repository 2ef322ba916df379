import canonicalize from 'canonicalize';
import { type JsonObject, valueAt } from '../../core/attributes/json.ts';

/**
 * Why a write may not touch this metadata; undefined where it may. An ownerReference to nothing makes the garbage
 * collector delete a request or a vote; a finalizer keeps one for ever. Labels and annotations are free.
 */
export function metadataProblem(object: JsonObject | null, oldObject: JsonObject | null): string | undefined {
  for (const field of ['ownerReferences', 'finalizers']) {
    const before = valueAt(oldObject ?? undefined, 'metadata', field) ?? [];
    const after = valueAt(object ?? undefined, 'metadata', field) ?? [];
    if (canonicalize(before) !== canonicalize(after)) return `metadata.${field} is not for you to set`;
  }
  return undefined;
}
