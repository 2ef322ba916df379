import type { Approver, PolicySpec, Subject } from '../api/kinds.ts';
import { EVERYBODY } from '../approval/person.ts';
import type { Problem } from './problem.ts';

type Stage = PolicySpec['approval']['stages'][number];

/** R21: an approver list names people. Empty never means everybody, and everybody is nobody in particular. */
export function approverProblems(spec: PolicySpec): Problem[] {
  return [...tooFewInAll(spec.approval.stages), ...stageProblems(spec)];
}

/** A person counts in one stage of a policy. Whoever escalation brings may be somebody else. */
function tooFewInAll(stages: readonly Stage[]): Problem[] {
  if (stages.length < 2) return [];
  const named = stages.map((stage) => namesOf([...stage.approvers, ...(stage.escalateTo ?? [])]));
  const everybody = new Set(named.flatMap((names) => [...(names ?? [])]));
  const required = stages.reduce((sum, stage) => sum + (stage.required ?? 1), 0);
  return named.every((names) => names !== undefined) && required > everybody.size
    ? [
        {
          path: 'spec.approval.stages',
          message: `${required} different people must approve, but the stages name ${everybody.size}`,
        },
      ]
    : [];
}

function stageProblems(spec: PolicySpec): Problem[] {
  return spec.approval.stages.flatMap((stage, index) => {
    const path = `spec.approval.stages[${index}].approvers`;
    const few = tooFew(stage, `spec.approval.stages[${index}].required`);
    const empty =
      stage.approvers.length === 0
        ? [{ path, message: 'an empty approver list is refused; it never means everybody' }]
        : [];
    return [
      ...empty,
      ...few,
      ...slackAlone(stage, spec, path),
      ...personListProblems(stage.approvers, path),
      ...personListProblems(stage.escalateTo ?? [], `spec.approval.stages[${index}].escalateTo`),
    ];
  });
}

/** Slack user groups count in Slack alone, where no vote is surer than Any. */
function slackAlone(stage: Stage, { approval: { minAssurance = 'Any' } }: PolicySpec, path: string): Problem[] {
  const onlySlack = stage.approvers.length > 0 && stage.approvers.every(({ kind }) => kind === 'SlackUserGroup');
  return onlySlack && minAssurance !== 'Any'
    ? [
        {
          path,
          message: `nobody could approve: a Slack group counts in Slack alone, and minAssurance is ${minAssurance}`,
        },
      ]
    : [];
}

/** Of people who are asked, or trusted, one by one: everybody is nobody in particular. */
export function personListProblems(people: readonly (Approver | Subject)[], path: string): Problem[] {
  return people.flatMap((each, at) => subjectProblems(each, `${path}[${at}]`, true));
}

export function subjectListProblems(subjects: readonly Subject[] | undefined, path: string): Problem[] {
  return (subjects ?? []).flatMap((subject, at) => subjectProblems(subject, `${path}[${at}]`, false));
}

/** A stage that names people one by one must name enough of them. */
function tooFew(stage: Stage, path: string): Problem[] {
  const named = namesOf(stage.approvers);
  const required = stage.required ?? 1;
  return named !== undefined && named.size > 0 && required > named.size
    ? [{ path, message: `${required} must approve, but the stage names ${named.size}` }]
    : [];
}

/** Undefined where a group is among them: nobody knows how many that are. */
function namesOf(approvers: readonly Approver[]): ReadonlySet<string> | undefined {
  if (approvers.some(({ kind }) => kind !== 'User' && kind !== 'ServiceAccount')) return undefined;
  return new Set(approvers.map(({ kind, namespace, name }) => `${kind} ${namespace ?? ''}/${name}`));
}

function subjectProblems(subject: Approver | Subject, path: string, votes: boolean): Problem[] {
  if (subject.kind === 'ServiceAccount' && (subject.namespace ?? '') === '') {
    return [{ path: `${path}.namespace`, message: 'a ServiceAccount needs its namespace' }];
  }
  if (subject.kind !== 'ServiceAccount' && subject.namespace !== undefined) {
    return [{ path: `${path}.namespace`, message: `a ${subject.kind} has no namespace` }];
  }
  if (subject.kind === 'SlackUserGroup' && subject.name.startsWith('@')) {
    return [{ path: `${path}.name`, message: 'the handle of a Slack group is written without its @' }];
  }
  if (votes && (EVERYBODY.has(subject.name) || subject.name.startsWith('system:serviceaccounts:'))) {
    return [{ path: `${path}.name`, message: `${subject.name} is not a group of people who could be asked` }];
  }
  return [];
}
