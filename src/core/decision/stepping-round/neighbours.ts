import type { Operation } from '../../attributes/attributes.ts';
import { matchesResource } from '../match/match-rule.ts';
import { type ResourceRule, resourcePattern } from '../match/resource-rule.ts';
import { scalesToNothing } from './deleting.ts';
import { always, named, neighbourRule, type Step } from './step.ts';

interface Neighbour {
  readonly group: string;
  /** `pods` or `pods/exec`, gated under one of `operations`. */
  readonly gated: readonly string[];
  readonly operations: readonly Operation[];
  /** What leads to the same end. */
  readonly operation: Operation;
  readonly resources: readonly string[];
  readonly why: string;
  /** Absent where it has the same name as what is gated. */
  readonly otherName?: true;
}

const CSRS = 'certificatesigningrequests';

/** Kubernetes' own resources: pkg/registry/<group>/<resource>/storage. */
const NEIGHBOURS: readonly Neighbour[] = [
  {
    group: '',
    gated: ['pods'],
    operations: ['DELETE'],
    operation: 'CREATE',
    resources: ['pods/eviction'],
    why: 'an eviction deletes',
  },
  {
    group: '',
    gated: ['pods'],
    operations: ['UPDATE'],
    operation: 'UPDATE',
    resources: ['pods/ephemeralcontainers', 'pods/resize'],
    why: 'a change of its pods',
  },
  {
    group: '',
    gated: ['pods/exec', 'pods/attach'],
    operations: ['CONNECT'],
    operation: 'UPDATE',
    resources: ['pods/ephemeralcontainers'],
    why: 'a debug container leads into the pod',
  },
  {
    group: '',
    gated: ['pods'],
    operations: ['CREATE'],
    operation: 'CREATE',
    resources: ['pods/binding', 'bindings'],
    why: 'a binding starts a pod',
  },
  {
    group: 'certificates.k8s.io',
    gated: [CSRS],
    operations: ['CREATE', 'UPDATE'],
    operation: 'UPDATE',
    resources: [`${CSRS}/approval`, `${CSRS}/status`],
    why: 'it issues the certificate',
  },
  {
    group: '',
    gated: ['secrets'],
    operations: ['CREATE'],
    operation: 'CREATE',
    resources: ['serviceaccounts/token'],
    why: 'a token without a Secret',
    otherName: true,
  },
  {
    group: '',
    gated: ['serviceaccounts'],
    operations: ['CREATE'],
    operation: 'CREATE',
    resources: ['serviceaccounts/token'],
    why: 'a token of a ServiceAccount',
    otherName: true,
  },
];

/** Requests for other resources, or subresources, that reach what rules gate. What the rules name already stays theirs. */
export function neighbours(rules: readonly ResourceRule[]): Step[] {
  return [...NEIGHBOURS.flatMap((neighbour) => stepsTo(neighbour, rules)), ...scales(rules)];
}

function stepsTo(neighbour: Neighbour, rules: readonly ResourceRule[]): Step[] {
  return named(rules, neighbour.operations)
    .filter(({ rule }) => rule.apiGroups.includes(neighbour.group) || rule.apiGroups.includes('*'))
    .filter((pattern) => neighbour.gated.some((each) => matchesResource(written(pattern), resourcePattern(each))))
    .map(({ rule: { resourceNames, ...rule } }) => ({
      rule: neighbourRule(
        {
          ...rule,
          apiGroups: [neighbour.group],
          ...(resourceNames === undefined || neighbour.otherName === true ? {} : { resourceNames }),
        },
        neighbour.operation,
        neighbour.resources,
      ),
      why: neighbour.why,
      askedIn: 'ItsNamespaces',
      standsFor: 'Itself',
      // A Binding carries labels of its own, not the pod's; the other subresources tell by themselves.
      showsObject: !neighbour.resources.includes('bindings'),
      is: always,
    }));
}

/** Whoever may not change or delete a workload must not stop it by its scale. */
function scales(rules: readonly ResourceRule[]): Step[] {
  const step = (operation: 'UPDATE' | 'DELETE', why: string, is: Step['is']) =>
    named(rules, [operation])
      .filter(({ subresource }) => subresource === '' || subresource === '*')
      .flatMap(({ rule, resource }): Step[] => {
        const apiGroups = rule.apiGroups.filter((group) => isScalable(group, resource));
        if (apiGroups.length === 0) return [];
        return [
          {
            rule: { ...neighbourRule(rule, 'UPDATE', [`${resource}/scale`]), apiGroups },
            why,
            askedIn: 'ItsNamespaces',
            standsFor: 'Itself',
            showsObject: true,
            is,
          },
        ];
      });
  return [...step('UPDATE', 'a change of its scale', always), ...step('DELETE', 'scaling to nothing', scalesToNothing)];
}

const WORKLOADS = ['deployments', 'statefulsets', 'replicasets'];

function isScalable(group: string, resource: string): boolean {
  if (group === '') return resource === 'replicationcontrollers';
  if (group === 'apps') return resource === '*' || WORKLOADS.includes(resource);
  // Custom resources say themselves whether they have a scale.
  return group === '*' || (group.includes('.') && !group.endsWith('.k8s.io'));
}

function written({ resource, subresource }: { readonly resource: string; readonly subresource: string }): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}
