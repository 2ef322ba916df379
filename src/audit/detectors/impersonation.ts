import { gateAnnotations } from '../../core/api/gate-annotations.ts';
import { GROUP, PLURALS } from '../../core/api/group.ts';
import type { RequestChange } from '../../core/evidence/happenings.ts';
import { alarmOfEvent } from './alarms.ts';
import type { Finding } from './finding.ts';
import type { SeenEvent } from './seen-event.ts';

/** Requests that were opened lately. */
const REQUESTS_LIMIT = 10_000;

/** A request is opened while the event's request runs, by clocks of others. */
const AROUND_MS = 2_000;

interface Opened {
  readonly username: string;
  readonly impersonated: boolean;
  /** Milliseconds; of its creation, in whole seconds. */
  readonly at: number;
}

/**
 * R23: votes that somebody cast, and requests that somebody made, in another's name. Where admission saw it the vote was
 * refused and the request says so: this is for what the audit log alone shows.
 */
export interface ImpersonationWatch {
  request(change: RequestChange): void;
  /** @param until what is known of its request by then decides */
  happened(seen: SeenEvent, until: number): void;
  due(now: number): readonly Finding[];
}

export function createImpersonationWatch(): ImpersonationWatch {
  const opened = new Map<string, Opened>();
  /** Without a name where the API server gave it one (generateName), which its event need not show. */
  const waiting: { readonly seen: SeenEvent; readonly request: string | undefined; readonly until: number }[] = [];
  const findings: Finding[] = [];
  /** @param object namespace/name, where that is known */
  const found = (seen: SeenEvent, made: 'Vote' | 'Request', object?: string): void => {
    const { impersonatedUser, user } = seen.event;
    const why = `the ${made.toLowerCase()} is ${impersonatedUser?.username ?? ''}'s by its name alone; ${user.username ?? 'somebody'} made it`;
    const request = made === 'Request' ? object : undefined;
    const alarm = alarmOfEvent('Impersonation', seen, why, request === undefined ? {} : { request });
    findings.push(alarm);
    if (object !== undefined) findings.push({ kind: 'Impersonated', made, object, by: alarm.alarm });
  };
  const isThen = ({ at }: Opened, { receivedAt, answeredAt }: SeenEvent): boolean =>
    at >= receivedAt - AROUND_MS && at <= answeredAt + AROUND_MS;
  const madeThen = (seen: SeenEvent): readonly string[] => {
    const { namespace = '' } = seen.reviewed.attributes;
    const made = [...opened].filter(
      ([request, each]) => request.startsWith(`${namespace}/`) && each.username === seen.username && isThen(each, seen),
    );
    // One that says so is the one: another is their own.
    return made.some(([, { impersonated }]) => impersonated) ? [] : made.map(([request]) => request);
  };
  return {
    request({ request, state, requester, at, unsealed }) {
      if (state !== 'Pending' || unsealed === true || opened.has(request)) return;
      const { username = '', impersonated = false } = requester ?? {};
      opened.set(request, { username, impersonated, at: Date.parse(at ?? '') });
      const [oldest] = opened.size > REQUESTS_LIMIT ? opened.keys() : [];
      if (oldest !== undefined) opened.delete(oldest);
    },
    happened(seen, until) {
      const { event, reviewed, succeeded } = seen;
      if (event.impersonatedUser === undefined || reviewed.attributes.dryRun) return;
      const { group, resource, subresource, operation, namespace = '', name } = reviewed.attributes;
      const isCreated = operation === 'CREATE' && subresource === undefined && group === GROUP && succeeded;
      if (isCreated && resource === PLURALS.ApprovalVote) found(seen, 'Vote', `${namespace}/${name ?? ''}`);
      const [named] = gateAnnotations(event.annotations, 'request');
      const isRequest = isCreated && resource === PLURALS.ApprovalRequest;
      const request = isRequest && name !== undefined ? `${namespace}/${name}` : named;
      if (isRequest || request !== undefined) waiting.push({ seen, request, until });
    },
    due(now) {
      while (waiting[0] !== undefined && waiting[0].until <= now) {
        const { seen, request } = waiting[0];
        waiting.shift();
        if (request === undefined) {
          const made = madeThen(seen);
          // Of several nobody can tell which: it is told, and left to a person.
          if (made.length > 0) found(seen, 'Request', made.length === 1 ? made[0] : undefined);
          continue;
        }
        const made = opened.get(request);
        // Somebody else's that it only joined, one that says so, or one that nobody wrote down.
        if (made !== undefined && !made.impersonated && isThen(made, seen)) found(seen, 'Request', request);
      }
      return findings.splice(0);
    },
  };
}
