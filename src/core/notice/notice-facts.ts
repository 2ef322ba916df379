import { utcText } from '../api/utc-text.ts';
import type { ApprovalRequest, PolicyTerms, Requester, Stage } from '../api/kinds.ts';
import { ENDED, stateOf } from '../approval/approval-state.ts';
import { approverName } from '../approval/person.ts';
import { initialStages, progressOf } from '../approval/stages.ts';
import { whoIsMissing } from '../decision/denial.ts';
import { isFenceAction } from '../attributes/fence-action.ts';
import type { Fact } from './notice.ts';
import { type NoticeLimits, onOneLine, shortened } from './notice-limits.ts';
import { targetText, verbText } from './notice-title.ts';
import { scopeText } from './scope-lines.ts';
import type { Surroundings } from './surroundings.ts';
import { breakGlassReason, grantText } from './window-text.ts';

/** Policies, and approvers of a stage, that are named: the others are counted. */
const NAMED = 5;

/** In the order of reading; what a request does not have is left out. */
export function noticeFacts(request: ApprovalRequest, surroundings: Surroundings, limits: NoticeLimits): Fact[] {
  const { spec, metadata } = request;
  const { action, requester, reason, ticket } = spec;
  const brokenFor = breakGlassReason(request);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Requester', requesterText(requester)],
    ['Action', verbText(action)],
    ['Scope', action.binding === 'Scope' ? scopeText(action) : undefined],
    ['Target', targetText(action)],
    ['Namespace', namespaceText(action.namespace, surroundings.labels)],
    ['Container', action.exec?.container],
    ['Policy', policiesText(spec.policies ?? [])],
    ['Description', descriptionText(surroundings.descriptions)],
    ['Reason', onOneLine(reason ?? '(no reason given)')],
    ['Break-glass reason', brokenFor === undefined ? undefined : onOneLine(brokenFor)],
    ['Ticket', ticket],
    ['Grants', grantText(request)],
    ...deadline(request),
    ['Progress', progressText(request)],
    ['Request', `${metadata.namespace ?? ''}/${metadata.name}`],
  ];
  return facts.flatMap(([label, text]) => (text === undefined ? [] : [{ label, text: shortened(text, limits.fact) }]));
}

/** `alice (human)`, `ci-bot (agent of bob), impersonated by somebody else`. */
function requesterText(requester: Requester | undefined): string {
  if (requester === undefined) return '<unknown>: Sallyport has not stamped the requester';
  const { username, person, owner, impersonated } = requester;
  const known = person === undefined || person === username ? '' : `, who is ${person}`;
  const by = impersonated === true ? ', impersonated by somebody else' : '';
  return `${username} (${classText(requester.class, owner)})${known}${by}`;
}

function classText(of: Requester['class'], owner: string | undefined): string {
  switch (of) {
    case 'Human':
      return 'human';
    case 'ServiceAccount':
      return 'workload or CI, a ServiceAccount';
    case 'Agent':
      return owner === undefined ? 'agent, nobody owns it' : `agent of ${owner}`;
    case 'System':
      return 'part of Kubernetes';
    case undefined:
      return 'of unknown class';
  }
}

/** Every namespace has it, and it says the name once more. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** `prod (env=prod, team=shop)`. */
function namespaceText(namespace: string | undefined, labels: Surroundings['labels']): string | undefined {
  if (namespace === undefined) return undefined;
  const all = Object.entries(labels).filter(([key]) => key !== NAME_LABEL);
  const some = all.slice(0, NAMED).map(([key, value]) => `${key}=${value}`);
  const more = all.length > NAMED ? [`and ${all.length - NAMED} labels more`] : [];
  return all.length === 0 ? namespace : `${namespace} (${[...some, ...more].join(', ')})`;
}

/** `Shells into production need one SRE`, after the name of its policy where there are several. */
function descriptionText(descriptions: Surroundings['descriptions']): string | undefined {
  const [only, ...others] = [...descriptions].map(([name, text]) => [name, onOneLine(text)] as const);
  if (only === undefined) return undefined;
  if (others.length === 0) return only[1];
  const some = [only, ...others].slice(0, NAMED).map(([name, text]) => `${name}: ${text}`);
  return [...some, ...(descriptions.size > NAMED ? [`and ${descriptions.size - NAMED} policies more`] : [])].join('; ');
}

/** `prod-shells: 1 of group sre, then 2 of group leads`. */
function policiesText(policies: readonly PolicyTerms[]): string {
  if (policies.length === 0) return 'none is stamped on it: it cannot be approved';
  const some = policies
    .slice(0, NAMED)
    .map(({ name, terms }) => `${name}: ${terms.stages.map(stageText).join(', then ')}`);
  return [...some, ...(policies.length > NAMED ? [`and ${policies.length - NAMED} policies more`] : [])].join('; ');
}

function stageText({ required, approvers }: Stage): string {
  const more = approvers.length > NAMED ? ` and ${approvers.length - NAMED} others` : '';
  return `${required} of ${approvers.slice(0, NAMED).map(approverName).join(', ')}${more}`;
}

function deadline(request: ApprovalRequest): (readonly [string, string | undefined])[] {
  const { expiresAt, endedAt } = request.status ?? {};
  const state = stateOf(request);
  if (ENDED.has(state)) return [['Ended', utcText(endedAt ?? '')]];
  const approved = isFenceAction(request.spec.action) ? 'Open until' : 'To be used by';
  return [[state === 'Approved' ? approved : 'Expires', utcText(expiresAt ?? '')]];
}

/** `1 of 2 in stage oncall; missing: 1 of group sre`. */
function progressText(request: ApprovalRequest): string {
  const policies = request.spec.policies ?? [];
  const progress = request.status?.stages ?? initialStages(policies);
  const stages = policies.flatMap((policy) =>
    policy.terms.stages.map((stage) => {
      const entry = progressOf(policy, stage, progress);
      const where = policies.length > 1 ? `stage ${stage.name} of ${policy.name}` : `stage ${stage.name}`;
      if (entry?.brokenAt !== undefined) return `break-glass in ${where}`;
      const escalated = entry?.escalatedAt === undefined ? '' : ', escalated';
      return `${entry?.approved ?? 0} of ${stage.required} in ${where}${escalated}`;
    }),
  );
  const some = stages.slice(0, NAMED);
  const more = stages.length > NAMED ? [`${stages.length - NAMED} stages more`] : [];
  const missing = stateOf(request) === 'Pending' ? [`missing: ${whoIsMissing(policies, progress)}`] : [];
  return [...some, ...more, ...missing].join('; ');
}
