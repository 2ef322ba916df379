import { initialStages } from '../core/approval/stages.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { resourceOf } from '../core/attributes/attributes.ts';
import { printable } from '../core/attributes/printable.ts';
import { type Paint, PLAIN, type Style } from './paint.ts';
import { whoIsMissing } from '../core/decision/denial.ts';
import type { Explanation, Predicate } from '../core/decision/explain.ts';
import { PEOPLE_MAP } from '../platform/identity/people-map.ts';
import type { ExplainedAction, ExplainedRequester } from './explain-action.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';
import { humanDuration } from '../core/api/human-duration.ts';
import { actionLines } from '../core/notice/action-lines.ts';

const STYLES = { Free: 'good', NeedsApproval: 'waiting', Refused: 'bad' } as const satisfies Record<
  ExplainedAction['verdict']['type'],
  Style
>;

/** Whether it is let through without anybody's approval, which policy says so, and what an approval would be bound to. */
export function explainReport(explained: ExplainedAction, paint: Paint = PLAIN): string {
  const { attributes, policies, requester, verdict } = explained;
  return [
    `${printable(whatIsDone(attributes))}, as ${printable(attributes.user.username)}: ${paint(STYLES[verdict.type], printable(verdictText(verdict)))}\n`,
    section('Requester', requesterLines(requester)),
    section('Policies', policies.length === 0 ? ['none'] : policies.flatMap((each) => policyLines(each, attributes))),
    verdict.type === 'NeedsApproval' ? section('Bound to', boundLines(verdict)) : '',
  ].join('');
}

/** Nothing of whom the line above says all. */
function requesterLines({ class: known, owner, peopleMap }: ExplainedRequester): string[] {
  if (owner !== undefined)
    return [printable(`Class:      ${known ?? ''}, of ${owner}, who does not approve what it asks for`)];
  if (known !== undefined) return [];
  const map = `ConfigMap ${SYSTEM_NAMESPACE}/${PEOPLE_MAP.name}`;
  const why = peopleMap === 'NotAllowed' ? `you may not read ${map}` : `${map} has mistakes, see whoami`;
  return [`Class:      (whether it is Agent is not known: ${why})`];
}

function whatIsDone(attributes: Attributes): string {
  const name = attributes.name === undefined ? '' : ` ${attributes.name}`;
  const where = attributes.namespace === undefined ? '' : ` in namespace ${attributes.namespace}`;
  return `${attributes.operation} ${resourceOf(attributes)}${name}${where}`;
}

function verdictText(verdict: ExplainedAction['verdict']): string {
  switch (verdict.type) {
    case 'NeedsApproval':
      return `needs the approval of ${whoIsMissing(verdict.terms, initialStages(verdict.terms))}`;
    case 'Refused':
      return `would be refused: ${verdict.message} (code=${verdict.code})`;
    case 'Free':
      switch (verdict.reason) {
        case 'NoPolicyMatches':
          return 'needs no approval';
        case 'NothingChanged':
          return 'needs no approval: it changes nothing';
        case 'SystemIdentity':
          return 'needs no approval: it is a component of the cluster';
        case 'WouldAsk':
        case 'WouldDeny':
          return 'needs no approval: what matches is on trial only (mode Warn or Audit)';
      }
  }
}

function policyLines(explanation: Explanation, attributes: Attributes): string[] {
  const { policy } = explanation;
  switch (explanation.verdict) {
    case 'Matches': {
      const { terms } = explanation;
      const who = whoIsMissing([terms], initialStages([terms]));
      const within = humanDuration(terms.terms.timeoutSeconds * 1000);
      const use = humanDuration(terms.terms.grant.useWithinSeconds * 1000);
      return [
        printable(
          `${policy}: matches${explanation.mode === 'Enforce' ? '; asks' : ` (mode ${explanation.mode}, on trial); would ask`} ${who}, within ${within}; then to be used within ${use}`,
        ),
      ];
    }
    case 'DoesNotMatch':
      return [printable(`${policy}: does not match: ${becauseText(explanation.because, attributes)}`)];
    case 'Broken':
      return [
        printable(`${policy}: is not ready, so that what its rules name is refused:`),
        ...explanation.problems.map(({ path, message }) => printable(`  ${path}: ${message}`)),
      ];
    case 'Unknown':
      return [printable(`${policy}: cannot say, so that it is refused: ${explanation.reason}`)];
  }
}

function becauseText(because: Predicate, attributes: Attributes): string {
  const { username } = attributes.user;
  switch (because.type) {
    case 'ResourceRules':
      return `its resourceRules do not name ${attributes.operation} ${resourceOf(attributes)}`;
    case 'NamespaceSelector':
      return `its namespaceSelector does not match the labels of namespace ${attributes.namespace ?? ''}`;
    case 'ExcludeSubjects':
      return `its excludeSubjects name ${username}, or a group of theirs`;
    case 'Subjects':
      return `its subjects name neither ${username} nor a group of theirs`;
    case 'ObjectSelector':
      return `its objectSelector does not match the labels of ${attributes.name ?? 'the object'}`;
    case 'MatchCondition':
      return `its condition ${because.name} is not met`;
  }
}

function boundLines(verdict: Extract<ExplainedAction['verdict'], { type: 'NeedsApproval' }>): string[] {
  return [
    ...actionLines(verdict.action),
    verdict.digest === undefined
      ? 'Digest:     (not known beforehand: it covers also what the client adds, and what a Secret holds by a key of Sallyport)'
      : `Digest:     ${verdict.digest}`,
  ];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
