import { type Json, isJsonObject, stringAt, valueAt } from './json.ts';

/** What a CONNECT needs to know of the pod that it would reach now. */
export interface LivePod {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of spec.containers, in order. */
  readonly containers: readonly string[];
  /** Names of containers of every type that run. */
  readonly running: readonly string[];
  readonly terminating: boolean;
}

/** Reads a core/v1 Pod; undefined for anything that is not one. */
export function livePod(pod: unknown): LivePod | undefined {
  if (!isJsonObject(pod)) return undefined;
  const uid = stringAt(pod, 'metadata', 'uid');
  if (uid === undefined) return undefined;
  return {
    uid,
    labels: labelsOf(pod),
    containers: names(valueAt(pod, 'spec', 'containers')),
    running: ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((list) =>
      names(valueAt(pod, 'status', list), (status) => valueAt(status, 'state', 'running') !== undefined),
    ),
    terminating: stringAt(pod, 'metadata', 'deletionTimestamp') !== undefined,
  };
}

/** metadata.labels, without anything that is not a string. */
export function labelsOf(object: Json | undefined): Record<string, string> {
  const labels = valueAt(object, 'metadata', 'labels');
  if (!isJsonObject(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * The container that the API server takes when the caller names none: the only one. With several it answers 400.
 * Source: pkg/registry/core/pod/strategy.go, validateContainer and streamLocation.
 */
export function containerFor(pod: LivePod, asked: string | undefined): string | undefined {
  if (asked !== undefined && asked !== '') return asked;
  return pod.containers.length === 1 ? pod.containers[0] : undefined;
}

function names(list: Json | undefined, keep: (item: Json) => boolean = () => true): string[] {
  if (!Array.isArray(list)) return [];
  return list.filter(keep).flatMap((item: Json) => stringAt(item, 'name') ?? []);
}
