import canonicalize from 'canonicalize';
import { type JsonObject, stringAt } from '../../core/attributes/json.ts';
import { labelsOf } from '../../core/attributes/live-pod.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import type { Watched } from '../../ports/watched.ts';

export interface NamespacesThen {
  /**
   * The Namespace with the labels that it may have had since `from`, in milliseconds: more than one where they changed about
   * then; none where that is not known.
   */
  get(name: string, from: number): readonly JsonObject[];
  /** Before this process watched, only the API server's events tell of changes. */
  happened(event: AuditEvent): void;
  stop(): void;
}

/** Labels of namespaces that are gone, for events that come late. */
const GONE_LIMIT = 1_000;

/** Labels of one namespace in a row; beyond it nobody knows. */
const LABELS_LIMIT = 16;
/** Events that are judged are younger. */
const KEPT_MS = 300_000;

/** API servers go by a change a moment later than we, or earlier. */
const AROUND_MS = 10_000;

export function watchNamespaces(
  namespaces: Pick<Watched<JsonObject>, 'get' | 'list' | 'onChange'>,
  now: () => number,
): NamespacesThen {
  const startedAt = now();
  const gone = new Map<string, JsonObject>();
  const labels = new Map<string, string>();
  /** When, and what it was before. */
  const relabelled = new Map<string, { readonly at: number; readonly before: readonly JsonObject[] }>();
  const written = new Map<string, number>();
  const textOf = (object: JsonObject) => canonicalize(labelsOf(object)) ?? '';
  const nameOf = (object: JsonObject) => stringAt(object, 'metadata', 'name') ?? '';
  const last = new Map<string, JsonObject>();
  const relabel = (name: string, before: JsonObject): void => {
    const changed = relabelled.get(name);
    const earlier = changed !== undefined && changed.at >= now() - KEPT_MS ? changed.before : [];
    // Whoever writes the same over and over adds nothing.
    const others = earlier.filter((each) => textOf(each) !== textOf(before));
    relabelled.set(name, { at: now(), before: [before, ...others].slice(0, LABELS_LIMIT) });
  };
  const put = (name: string, object: JsonObject): void => {
    const text = textOf(object);
    const before = labels.get(name);
    const was = last.get(name);
    if (before !== undefined && before !== text && was !== undefined) relabel(name, was);
    labels.set(name, text);
    last.set(name, object);
    gone.delete(name);
  };
  for (const object of namespaces.list()) put(nameOf(object), object);
  const stop = namespaces.onChange((name, object) => {
    if (object !== undefined) {
      put(name, object);
      return;
    }
    const before = last.get(name);
    last.delete(name);
    if (before !== undefined) gone.set(name, before);
    const [oldest] = gone.size > GONE_LIMIT ? gone.keys() : [];
    if (oldest === undefined) return;
    gone.delete(oldest);
    labels.delete(oldest);
    relabelled.delete(oldest);
  });
  return {
    get: (name, from) => {
      const writtenAt = from < startedAt ? (written.get(name) ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
      const current = namespaces.get(name) ?? gone.get(name);
      if (current === undefined || writtenAt >= from - AROUND_MS) return [];
      const changed = relabelled.get(name);
      if (changed === undefined || changed.at < from - AROUND_MS) return [current];
      // Whoever labels a namespace over and over must not make what it was unknowable.
      return changed.before.length < LABELS_LIMIT ? [current, ...changed.before] : [];
    },
    happened: ({ objectRef, verb, stageTimestamp, responseStatus }) => {
      if (objectRef?.resource !== 'namespaces' || (verb !== 'patch' && verb !== 'update')) return;
      if ((responseStatus?.code ?? 500) >= 400 || objectRef.subresource !== undefined) return;
      const at = Date.parse(stageTimestamp);
      if (at > startedAt + AROUND_MS || Number.isNaN(at)) return;
      written.set(objectRef.name ?? '', at);
      const [oldest] = written.size > GONE_LIMIT ? written.keys() : [];
      if (oldest !== undefined) written.delete(oldest);
    },
    stop,
  };
}

export interface PolicyTimes {
  /** To be called once a second. */
  look(): void;
  /** When a change that was recorded at `at` may have happened at the earliest, in milliseconds. */
  earliest(at: number): number;
}

/** What is watched shows within this time, while the watch is in step (R1). */
const SHOWS_MS = 10_000;
/** After the start there may be changes of a time when nobody watched. */
const FIRST_MS = 60_000;

export function watchPolicyTimes(policies: Pick<Watched<unknown>, 'freshAt'>, now: () => number): PolicyTimes {
  const startedAt = now();
  let behindFrom: number | undefined;
  let last: { readonly from: number; readonly until: number } | undefined;
  return {
    look() {
      const freshAt = policies.freshAt();
      if (now() - freshAt > SHOWS_MS) behindFrom ??= freshAt;
      else if (behindFrom !== undefined) {
        last = { from: behindFrom, until: now() };
        behindFrom = undefined;
      }
    },
    earliest(at) {
      if (at < startedAt + FIRST_MS) return Number.NEGATIVE_INFINITY;
      const usual = at - SHOWS_MS;
      const since = last !== undefined && last.until >= usual ? last.from : usual;
      return Math.min(usual, since, behindFrom ?? usual);
    },
  };
}
