import { matchesResource } from './match-rule.ts';
import { type ResourceRule, resourcePattern } from './resource-rule.ts';
import { OPERATIONS } from './rule-atoms.ts';

/** Something wrong with a rule; `path` names the field, as in `spec.match.resourceRules[0].resources[1]`. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

interface ForbiddenResource {
  readonly group: string;
  readonly resources: readonly string[];
  readonly why: string;
}

const ELECTIONS = 'leases are renewed every few seconds: gating them stops controllers and nodes';
const EVENTS = 'events tell what happened, ours included: gating them would ask for approval to say so';
const REVIEWS = 'the API server and our own checks depend on access and token reviews: gating them locks everybody out';
const OWN = 'requests and votes have their own checks: gating them would ask for approval to approve';
const NEVER_CALLED =
  'the API server never calls webhooks for webhook configurations and admission policies, so this would not gate them; the ValidatingAdmissionPolicy that Sallyport ships fences its own';

/** R31, and fact 5 of the design. `resource` and `resource/status` as in rules. */
const FORBIDDEN: readonly ForbiddenResource[] = [
  { group: 'coordination.k8s.io', resources: ['leases'], why: ELECTIONS },
  { group: '', resources: ['events'], why: EVENTS },
  { group: 'events.k8s.io', resources: ['events'], why: EVENTS },
  { group: '', resources: ['nodes/status'], why: 'kubelets report health through it: gating it takes nodes down' },
  { group: 'authentication.k8s.io', resources: ['tokenreviews', 'selfsubjectreviews'], why: REVIEWS },
  {
    group: 'authorization.k8s.io',
    resources: [
      'subjectaccessreviews',
      'selfsubjectaccessreviews',
      'localsubjectaccessreviews',
      'selfsubjectrulesreviews',
    ],
    why: REVIEWS,
  },
  {
    group: 'sallyport.dev',
    resources: ['approvalrequests', 'approvalrequests/status', 'approvalvotes', 'approvalvotes/status'],
    why: OWN,
  },
  {
    group: 'admissionregistration.k8s.io',
    resources: [
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
      'validatingadmissionpolicies',
      'validatingadmissionpolicies/status',
      'validatingadmissionpolicybindings',
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
    ],
    why: NEVER_CALLED,
  },
];

/** Groups of which nothing may be gated, now or in a later Kubernetes. */
const FORBIDDEN_GROUPS: ReadonlyMap<string, string> = new Map([
  ['authorization.k8s.io', REVIEWS],
  ['admissionregistration.k8s.io', NEVER_CALLED],
]);

/** A path of one or two parts, each a name or a wildcard. The API server compares bytes: `Pods` matches nothing. */
const RESOURCE = /^(\*|[a-z0-9][-a-z0-9.]*)(\/(\*|[a-z0-9][-a-z0-9.]*))?$/;

/**
 * Why a policy with this rule is refused (R31); empty when it is not. Wildcards count for all that they stand for,
 * so `apiGroups: ["*"], resources: ["*"]` is refused for leases. Names, scope and operations of the rule do not
 * excuse it.
 */
export function forbiddenRuleProblems(rule: ResourceRule, path: string): readonly RuleProblem[] {
  return [
    ...listProblems(rule, path),
    ...operationProblems(rule, path),
    ...connectProblems(rule, path),
    ...rule.resources.flatMap((resource, index) => {
      const message = resourceProblem(rule, resource);
      return message === undefined ? [] : [{ path: `${path}.resources[${index}]`, message }];
    }),
  ];
}

function listProblems(rule: ResourceRule, path: string): readonly RuleProblem[] {
  const lists = ['apiGroups', 'apiVersions', 'operations', 'resources'] as const;
  return lists.flatMap((list) => {
    const items = rule[list];
    if (items.length === 0) return [{ path: `${path}.${list}`, message: 'must not be empty: it would match nothing' }];
    if (list !== 'resources' && list !== 'operations' && items.length > 1 && items.includes('*'))
      return [{ path: `${path}.${list}`, message: "'*' must stand alone" }];
    return [];
  });
}

function operationProblems(rule: ResourceRule, path: string): readonly RuleProblem[] {
  const known: readonly string[] = OPERATIONS;
  return rule.operations.flatMap((operation, index) => {
    if (known.includes(operation)) return [];
    const message =
      operation === '*'
        ? // A new operation of a later Kubernetes must not be gated by a policy that was written before it.
          `name the operations: ${known.join(', ')}. CONNECT and writes wait and are used in different ways`
        : `must be one of ${known.join(', ')}`;
    return [{ path: `${path}.operations[${index}]`, message }];
  });
}

/** All that Kubernetes' own groups connect to: pkg/registry/core, storage of each subresource with a ConnectMethods. */
const CONNECTABLE = ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'];

/** A rule of the core group that can never match: `pods/exce`, or `pods/exec` without CONNECT, would gate nothing. */
function connectProblems(rule: ResourceRule, path: string): readonly RuleProblem[] {
  if (rule.apiGroups.length !== 1 || rule.apiGroups[0] !== '') return [];
  const connects = rule.operations.includes('CONNECT');
  const only = connects && rule.operations.length === 1;
  return rule.resources.flatMap((resource, index) => {
    const place = `${path}.resources[${index}]`;
    if (!connects && CONNECTABLE.includes(resource))
      return [{ path: place, message: `${resource} is reached by CONNECT alone: add it to operations` }];
    const reached = CONNECTABLE.some((each) => matchesResource(resource, resourcePattern(each)));
    return only && !reached
      ? [{ path: place, message: `CONNECT reaches ${CONNECTABLE.join(', ')} and nothing else` }]
      : [];
  });
}

function resourceProblem(rule: ResourceRule, resource: string): string | undefined {
  if (!RESOURCE.test(resource))
    return "must be a lower-case plural such as 'pods', or 'pods/exec', 'pods/*', '*/scale'";
  if (resource === '*/*') return "'*/*' matches leases, node status and access reviews: name the resources";
  for (const group of rule.apiGroups) {
    const why = FORBIDDEN_GROUPS.get(group);
    if (why !== undefined) return `resources of ${group} cannot be gated: ${why}`;
  }
  for (const forbidden of FORBIDDEN) {
    if (!rule.apiGroups.includes('*') && !rule.apiGroups.includes(forbidden.group)) continue;
    const hit = forbidden.resources.find((each) => matchesResource(resource, resourcePattern(each)));
    if (hit !== undefined) {
      const name = forbidden.group === '' ? hit : `${hit} (${forbidden.group})`;
      return `${resource === hit ? '' : `'${resource}' `}matches ${name}: ${forbidden.why}`;
    }
  }
  return undefined;
}
