import { approverName } from '../../core/approval/person.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { RequestDetail } from '../api.ts';
import type { Folded } from './folded-requests.ts';

type Entry = RequestDetail['timeline'][number];

const VERBS = {
  Approve: 'approved',
  Deny: 'denied',
  Revoke: 'revoked',
  Cancel: 'cancelled',
  BreakGlass: 'broke the glass',
  Acknowledge: 'acknowledged',
} as const;

/** States that no vote and no use brings about alone; what brings the others says so itself. */
const BY_TIME = new Set(['Approved', 'Expired', 'Revoked']);

/** What happened so far, oldest first. */
export function timelineOf(folded: Folded): readonly Entry[] {
  const { request } = folded;
  const { requester } = request.spec;
  const opened: Entry = {
    at: request.metadata.creationTimestamp ?? '',
    kind: 'Opened',
    text: `${requester?.person ?? requester?.username ?? 'somebody'} asked`,
  };
  const rest = [...votes(folded), ...escalations(folded), ...states(folded), ...uses(folded), ...told(folded)];
  return [opened, ...rest.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))].map((entry) => ({
    ...entry,
    text: printable(entry.text),
  }));
}

function votes({ status }: Folded): Entry[] {
  return (status.votes ?? []).map(({ at, person, decision, via, reason }) => ({
    at,
    kind: 'Vote',
    text: `${person} ${VERBS[decision]} by ${via}${reason === undefined || reason === '' ? '' : `: ${reason}`}`,
  }));
}

function escalations({ request, status }: Folded): Entry[] {
  return (status.stages ?? []).flatMap(({ policy, name, escalatedAt }) => {
    if (escalatedAt === undefined) return [];
    const terms = request.spec.policies?.find((each) => each.name === policy)?.terms;
    const to = terms?.stages.find((stage) => stage.name === name)?.escalateTo ?? [];
    return [
      {
        at: escalatedAt,
        kind: 'Escalated',
        text: `stage ${name} of policy ${policy} asks ${to.map(approverName).join(', ')} too`,
      },
    ];
  });
}

function states({ status }: Folded): Entry[] {
  return (status.conditions ?? [])
    .filter(({ type, status: is, reason }) => BY_TIME.has(type) && is === 'True' && reason !== 'RevokedByApprover')
    .map(({ type, lastTransitionTime, message }) => ({
      at: lastTransitionTime,
      kind: 'State',
      text: message === '' ? type : `${type}: ${message}`,
    }));
}

function uses({ status }: Folded): Entry[] {
  return (status.uses ?? []).map(({ at, username, summary, givenBack }) => ({
    at,
    kind: 'Use',
    text: `used by ${username}${summary === undefined ? '' : `: ${summary}`}${givenBack === undefined ? '' : ` (given back: ${givenBack.code})`}`,
  }));
}

function told({ status }: Folded): Entry[] {
  return (status.notifications ?? []).flatMap(({ channel, at, triedAt, told: of = [], problem }) => {
    const when = at ?? triedAt;
    if (when === undefined) return [];
    if (problem !== undefined)
      return [{ at: when, kind: 'Notified', text: `${channel} could not be told: ${problem}` }];
    return [{ at: when, kind: 'Notified', text: `${channel} was told${of.length === 0 ? '' : ` (${of.join(', ')})`}` }];
  });
}
