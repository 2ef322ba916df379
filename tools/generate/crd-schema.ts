import { parse } from 'yaml';

/** A JSON Schema node, loosely: the generator only walks it. */
export type JsonSchema = { [keyword: string]: unknown };

export interface Crd {
  readonly kind: string;
  readonly plural: string;
  readonly schema: JsonSchema;
}

/** Reads a CustomResourceDefinition with exactly one version. */
export function readCrd(yaml: string): Crd {
  const crd = parse(yaml, { merge: true, maxAliasCount: 1000 });
  const versions = crd.spec.versions;
  if (versions.length !== 1) throw new Error(`${crd.metadata.name}: expected one version, found ${versions.length}`);
  return { kind: crd.spec.names.kind, plural: crd.spec.names.plural, schema: versions[0].schema.openAPIV3Schema };
}

/**
 * Turns a structural schema into plain JSON Schema: Kubernetes' own keywords go, and an object that lists its
 * properties admits no others, so that a misspelt field has a path of its own in the error.
 */
export function toJsonSchema(node: JsonSchema): JsonSchema {
  const result: JsonSchema = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword.startsWith('x-kubernetes-')) continue;
    if (keyword === 'properties') result[keyword] = mapValues(value as Record<string, JsonSchema>, toJsonSchema);
    else if (keyword === 'items' || keyword === 'additionalProperties')
      result[keyword] = toJsonSchema(value as JsonSchema);
    else if (keyword === 'format' && value !== 'date-time') continue;
    else result[keyword] = value;
  }
  if (result['properties'] !== undefined) result['additionalProperties'] = false;
  else if (result['type'] === 'object') result['additionalProperties'] ??= true;
  return result;
}

function mapValues(
  record: Record<string, JsonSchema>,
  f: (value: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}
