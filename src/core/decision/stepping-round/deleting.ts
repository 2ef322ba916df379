import canonicalize from 'canonicalize';
import type { Attributes } from '../../attributes/attributes.ts';
import { type Json, type JsonObject, isJsonObject, valueAt } from '../../attributes/json.ts';
import type { ResourceRule } from '../match/resource-rule.ts';
import { named, neighbourRule, type Step } from './step.ts';

interface Way {
  readonly why: string;
  readonly is: (attributes: Attributes) => boolean;
}

/** Updates that end an object, or empty it, without a DELETE of it. */
const WAYS: readonly Way[] = [
  { why: 'removing finalizers ends a deletion', is: removesFinalizer },
  { why: 'a new ownerReference can delete it', is: addsOwner },
  { why: 'scaling to nothing', is: scalesToNothing },
  { why: 'a deadline ends it', is: setsDeadline },
];

/** Where DELETE of a resource is gated. */
export function deletingOtherwise(rules: readonly ResourceRule[]): Step[] {
  const deletable = named(rules, ['DELETE']).filter(({ subresource }) => subresource === '' || subresource === '*');
  return deletable.flatMap(({ rule, resource }) => {
    const namespaces = resource === 'namespaces' ? [`${resource}/finalize`] : [];
    return [resource, `${resource}/status`, ...namespaces].flatMap((written) =>
      WAYS.map(({ why, is }) => ({
        rule: neighbourRule(rule, 'UPDATE', [written]),
        why,
        askedIn: 'ItsNamespaces',
        standsFor: 'Delete',
        showsObject: true,
        is,
      })),
    );
  });
}

/** Those of a Namespace's content stand in its spec. */
function removesFinalizer({ object, oldObject }: Attributes): boolean {
  return ['metadata', 'spec'].some((part) => {
    const kept = new Set(listAt(object, part, 'finalizers').map((each) => canonicalize(each)));
    return listAt(oldObject, part, 'finalizers').some((each) => !kept.has(canonicalize(each)));
  });
}

/** The garbage collector deletes what has no owner left, and takes an owner of another uid or kind for absent. */
function addsOwner({ object, oldObject }: Attributes): boolean {
  const before = new Set(listAt(oldObject, 'metadata', 'ownerReferences').map(owner));
  return listAt(object, 'metadata', 'ownerReferences').some((each) => !before.has(owner(each)));
}

function owner(reference: Json): string | undefined {
  if (!isJsonObject(reference)) return canonicalize(reference);
  const { apiVersion, kind, name, uid } = reference as Readonly<Record<string, Json>>;
  return canonicalize([apiVersion, kind, name, uid].map((part) => part ?? ''));
}

/** A Scale leaves out a count of 0; a workload that leaves it out has the default of its kind. */
export function scalesToNothing({ subresource, object, oldObject }: Attributes): boolean {
  const absent = subresource === 'scale' ? 0 : undefined;
  const count = (of: JsonObject | null) => valueAt(of ?? undefined, 'spec', 'replicas') ?? absent;
  return count(object) === 0 && count(oldObject) !== 0;
}

/** A pod and a Job end at the one, a finished Job is deleted at the other. */
function setsDeadline({ object, oldObject }: Attributes): boolean {
  return ['activeDeadlineSeconds', 'ttlSecondsAfterFinished'].some((field) => {
    const seconds = (of: JsonObject | null) => {
      const value = valueAt(of ?? undefined, 'spec', field);
      return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
    };
    return seconds(object) < seconds(oldObject);
  });
}

function listAt(object: JsonObject | null, ...path: readonly string[]): readonly Json[] {
  const list = valueAt(object ?? undefined, ...path);
  return Array.isArray(list) ? list : [];
}
