import { type Json, type JsonObject, isJsonObject, stringAt, valueAt } from './json.ts';

/** The volume of the token that the ServiceAccount admission plugin adds to each pod. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;
/** The container of `kubectl debug`. */
const DEBUGGER = /^debugger-[a-z0-9]{5}$/;

const CONTAINER_LISTS = ['containers', 'initContainers', 'ephemeralContainers'];

/**
 * A Pod whose names that the server or kubectl makes up anew each time are numbered instead, where they stand as such and
 * nowhere else. Two that differ stay two: which of two volumes is mounted, or which Secret is read, is content.
 */
export function withStableNames(pod: JsonObject): JsonObject {
  const spec = valueAt(pod, 'spec');
  if (!isJsonObject(spec)) return pod;
  const volumes = numbered(valueAt(spec, 'volumes'), TOKEN_VOLUME, 'kube-api-access');
  const debuggers = numbered(valueAt(spec, 'ephemeralContainers'), DEBUGGER, 'debugger');
  const stable = Object.entries(spec).map(([key, value]): [string, Json] => {
    if (key === 'volumes') return [key, renamed(value, volumes)];
    if (!CONTAINER_LISTS.includes(key)) return [key, value];
    return [key, withMounts(key === 'ephemeralContainers' ? renamed(value, debuggers) : value, volumes)];
  });
  return { ...pod, spec: Object.fromEntries(stable) };
}

/** Labels of a Job's pods that hold its name (batch/v1 JobNameLabel and its forerunner). */
const JOB_NAME_LABELS: ReadonlySet<string> = new Set(['batch.kubernetes.io/job-name', 'job-name']);

/** A Job without the labels that the API server gave its pods from the name that it drew for it. */
export function withoutJobNameLabels(job: JsonObject, generatedName: string): JsonObject {
  const labels = valueAt(job, 'spec', 'template', 'metadata', 'labels');
  if (!isJsonObject(labels)) return job;
  const kept = Object.entries(labels).filter(([key, value]) => !(JOB_NAME_LABELS.has(key) && value === generatedName));
  const within = (object: JsonObject, keys: readonly string[]): JsonObject => {
    const [key, ...rest] = keys;
    return key === undefined
      ? Object.fromEntries(kept)
      : { ...object, [key]: within((object[key] ?? {}) as JsonObject, rest) };
  };
  return within(job, ['spec', 'template', 'metadata', 'labels']);
}

/** `<` and `>` stand in no name of Kubernetes, so that nobody can choose such a name. */
function numbered(list: Json | undefined, pattern: RegExp, prefix: string): ReadonlyMap<string, string> {
  const names = (Array.isArray(list) ? list : []).flatMap((item: Json) => stringAt(item, 'name') ?? []);
  const generated = [...new Set(names.filter((name) => pattern.test(name)))];
  return new Map(generated.map((name, index) => [name, `${prefix}-<${index + 1}>`]));
}

function renamed(list: Json, names: ReadonlyMap<string, string>): Json {
  return mapItems(list, (item) => {
    const name = names.get(stringAt(item, 'name') ?? '');
    return name === undefined ? item : { ...item, name };
  });
}

function withMounts(containers: Json, volumes: ReadonlyMap<string, string>): Json {
  return mapItems(containers, (container) => {
    const mounts = valueAt(container, 'volumeMounts');
    return mounts === undefined ? container : { ...container, volumeMounts: renamed(mounts, volumes) };
  });
}

function mapItems(list: Json, f: (item: JsonObject) => JsonObject): Json {
  return Array.isArray(list) ? list.map((item: Json) => (isJsonObject(item) ? f(item) : item)) : list;
}
