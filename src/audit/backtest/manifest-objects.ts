import { parseAllDocuments } from 'yaml';
import { isJsonObject, type JsonObject, stringAt, valueAt } from '../../core/attributes/json.ts';

/** A text is no YAML or JSON, or holds what is no object of Kubernetes. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'Manifest';
}

/** The objects of YAML or JSON, those of a List one by one. @throws ManifestError */
export function manifestObjects(text: string, most: number): readonly JsonObject[] {
  const documents = parseAllDocuments(text);
  const objects: JsonObject[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const error = document.errors[0];
    if (error !== undefined) throw new ManifestError(error.message.split('\n')[0] ?? '');
    objects.push(...objectsOf(valueOf(document)));
  }
  if (objects.length > most) throw new ManifestError(`it holds more than ${most} objects`);
  return objects;
}

/** An alias of what is not there, or of too much, is found here. */
function valueOf(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ManifestError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function objectsOf(value: unknown): readonly JsonObject[] {
  if (value === null) return [];
  if (!isJsonObject(value) || stringAt(value, 'kind') === undefined || stringAt(value, 'apiVersion') === undefined) {
    throw new ManifestError('it holds something that is no object of Kubernetes');
  }
  const items = valueAt(value, 'items');
  return stringAt(value, 'kind') === 'List' && Array.isArray(items)
    ? items.flatMap((item: unknown) => objectsOf(item))
    : [value];
}
