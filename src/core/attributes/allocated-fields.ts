import { type Json, type JsonObject, isJsonObject, valueAt } from './json.ts';

/**
 * A Service without the addresses and ports that the API server has drawn for it, which are others at each attempt. It draws
 * them before admission; whether the author chose one stands in metadata.managedFields, which the API server wrote before
 * (KEP-555). Where those are missing (a client may reset them) every value counts as chosen, and stays in the digest.
 */
export function withoutAllocated(service: JsonObject, managedFields: Json | undefined): JsonObject {
  const spec = valueAt(service, 'spec');
  const written = fieldNames(managedFields);
  if (!isJsonObject(spec) || !written.has('f:spec')) return service;
  const drawn = new Set<string>();
  // `None` is a headless Service: nothing is drawn for it.
  if (valueAt(spec, 'clusterIP') !== 'None' && !written.has('f:clusterIP') && !written.has('f:clusterIPs')) {
    drawn.add('clusterIP');
    drawn.add('clusterIPs');
  }
  if (!written.has('f:healthCheckNodePort')) drawn.add('healthCheckNodePort');
  const entries = Object.entries(spec).filter(([key]) => !drawn.has(key));
  return {
    ...service,
    spec: Object.fromEntries(
      entries.map(([key, value]) => [
        key,
        key === 'ports' && !written.has('f:nodePort') ? withoutNodePorts(value) : value,
      ]),
    ),
  };
}

function withoutNodePorts(ports: Json): Json {
  if (!Array.isArray(ports)) return ports;
  return ports.map((port: Json) =>
    isJsonObject(port) ? Object.fromEntries(Object.entries(port).filter(([key]) => key !== 'nodePort')) : port,
  );
}

/** Every key of every FieldsV1, wherever it stands: `f:nodePort` of one port stands for all of them. */
function fieldNames(managedFields: Json | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (value: Json | undefined): void => {
    if (!isJsonObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      names.add(key);
      collect(child);
    }
  };
  if (Array.isArray(managedFields)) for (const entry of managedFields) collect(valueAt(entry as Json, 'fieldsV1'));
  return names;
}
