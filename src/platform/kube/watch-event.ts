import { KubeResponseError, type KubeApiError, statusError } from './errors.ts';
import type { KubeObject } from './kube-object.ts';
import { compareResourceVersions } from './resource-version.ts';

/** metav1.WatchEvent, checked. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'Applied' | 'Deleted'; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'Bookmark'; readonly resourceVersion: string }
  | { readonly type: 'Error'; readonly error: KubeApiError };

/**
 * Reads one line of a watch.
 *
 * @throws KubeResponseError `Malformed`: an event that we cannot read is a change that we would miss
 */
export function parseWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const { type, object } = parseLine(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'Applied', ...versioned(object as T) };
    case 'DELETED':
      return { type: 'Deleted', ...versioned(object as T) };
    case 'BOOKMARK':
      return { type: 'Bookmark', resourceVersion: resourceVersionOf(object) };
    case 'ERROR':
      return { type: 'Error', error: statusError(object, 500, 'the watch ended in an error') };
    default:
      throw malformed('an unknown type of event');
  }
}

/** Checks what the store relies on, and drops `managedFields` (a quarter of an object's size, read by nobody here). */
export function versioned<T extends KubeObject>(value: T): { object: T; resourceVersion: string } {
  const resourceVersion = resourceVersionOf(value);
  const object = value as T & { metadata: { managedFields?: unknown } };
  if (typeof object.metadata.name !== 'string' || object.metadata.name === '')
    throw malformed('an object without name');
  delete object.metadata.managedFields;
  return { object, resourceVersion };
}

/** `metadata.resourceVersion` of an object, a list or a bookmark. @throws KubeResponseError `Malformed` */
export function resourceVersionOf(value: unknown): string {
  const version = (value as { metadata?: { resourceVersion?: unknown } } | undefined)?.metadata?.resourceVersion;
  if (typeof version !== 'string') throw malformed('no resourceVersion');
  try {
    compareResourceVersions(version, version);
    return version;
  } catch (cause) {
    throw new KubeResponseError('Malformed', 'a resourceVersion that cannot be compared', { cause });
  }
}

function parseLine(line: string): { type: unknown; object: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new KubeResponseError('Malformed', 'a line of the watch is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || !('object' in value)) {
    throw malformed('a line of the watch is not an event');
  }
  if (typeof value.object !== 'object' || value.object === null) throw malformed('an event without object');
  return { type: value.type, object: value.object };
}

function malformed(message: string): KubeResponseError {
  return new KubeResponseError('Malformed', message);
}
