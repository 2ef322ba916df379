import type { LabelSelector } from '../../api/kinds.ts';
import type { Attributes } from '../../attributes/attributes.ts';
import { labelsOf } from '../../attributes/live-pod.ts';
import type { ResourceRule } from '../match/resource-rule.ts';
import { type Labels, parseRequirements } from '../match/label-selector.ts';
import { type Named, named, neighbourRule, type Step } from './step.ts';

export interface Selected {
  readonly selector: LabelSelector;
  readonly matches: (labels: Labels) => boolean;
}

/** The API server itself writes it, and refuses another value (pkg/registry/core/namespace/strategy.go). */
const UNCHANGEABLE = 'kubernetes.io/metadata.name';

/** Every path that writes a Namespace's labels: its status and finalize strategies keep what the caller says of them. */
const NAMESPACES: ResourceRule = {
  apiGroups: [''],
  apiVersions: ['*'],
  operations: ['UPDATE'],
  resources: ['namespaces', 'namespaces/finalize', 'namespaces/status'],
};

/**
 * New labels under which a namespace leaves the selector. The API server compares an entry's namespaceSelector with the
 * labels that a Namespace is going to have, so that the entry must have none
 * (staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/namespace/matcher.go).
 */
export function leavingNamespaceSelector(rules: readonly ResourceRule[], { selector, matches }: Selected): Step[] {
  if (!canBeLeft(selector) || rules.every(({ scope }) => scope === 'Cluster')) return [];
  return [
    {
      rule: NAMESPACES,
      why: 'leaving its namespaceSelector',
      askedIn: 'EveryNamespace',
      standsFor: 'Itself',
      showsObject: false,
      is: (attributes) => leaves(attributes, matches),
    },
  ];
}

/** New labels under which an object leaves the selector, whatever is gated of it but its creation. */
export function leavingObjectSelector(rules: readonly ResourceRule[], { selector, matches }: Selected): Step[] {
  if (!canBeLeft(selector)) return [];
  const inUse = [
    ...named(rules, ['UPDATE', 'DELETE', 'CONNECT']),
    ...named(rules, ['CREATE']).filter(({ subresource }) => subresource !== ''),
  ];
  return inUse.flatMap((each) =>
    objectsOf(each)
      .flatMap((resource) => [resource, `${resource}/status`])
      .map((resource) => ({
        rule: neighbourRule(each.rule, 'UPDATE', [resource]),
        why: 'leaving its objectSelector',
        askedIn: 'ItsNamespaces',
        standsFor: 'Itself',
        showsObject: true,
        is: (attributes) => leaves(attributes, matches),
      })),
  );
}

/** The objects that a subresource of any resource belongs to: '*' with it would reach what R31 keeps out. */
function objectsOf({ resource, subresource }: Named): readonly string[] {
  if (resource !== '*' || subresource === '') return [resource];
  if (subresource === 'proxy') return ['pods', 'services', 'nodes'];
  return subresource === 'scale' ? ['deployments', 'statefulsets', 'replicasets', 'replicationcontrollers'] : ['pods'];
}

function canBeLeft(selector: LabelSelector): boolean {
  const parsed = parseRequirements(selector);
  return parsed.ok && parsed.requirements.some(({ key }) => key !== UNCHANGEABLE);
}

function leaves({ object, oldObject }: Attributes, matches: Selected['matches']): boolean {
  return oldObject !== null && object !== null && matches(labelsOf(oldObject)) && !matches(labelsOf(object));
}
