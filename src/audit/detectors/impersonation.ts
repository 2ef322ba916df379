import { GROUP, PLURALS } from '../../core/api/group.ts';
import type { RequestChange } from '../../core/evidence/happenings.ts';
import { alarmOfEvent } from './alarms.ts';
import type { Finding } from './finding.ts';
import type { SeenEvent } from './seen-event.ts';

/** Requests that were opened lately. */
const REQUESTS_LIMIT = 10_000;

/** A request is opened while the event's request runs, by clocks of others. */
const AROUND_MS = 2_000;

/** Of the gate's webhooks: the request that a refusal names. */
const REQUEST_ANNOTATION = /\.gate\.sallyport\.dev\/request$/;

interface Opened {
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
  const waiting: { readonly seen: SeenEvent; readonly request: string; readonly until: number }[] = [];
  const findings: Finding[] = [];
  const found = (seen: SeenEvent, made: 'Vote' | 'Request', object: string): void => {
    const { impersonatedUser, user } = seen.event;
    const why = `the ${made.toLowerCase()} is ${impersonatedUser?.username ?? ''}'s by its name alone; ${user.username ?? 'somebody'} made it`;
    const alarm = alarmOfEvent('Impersonation', seen, why, made === 'Request' ? { request: object } : {});
    findings.push(alarm, { kind: 'Impersonated', made, object, by: alarm.alarm });
  };
  return {
    request({ request, state, requester, at, unsealed }) {
      if (state !== 'Pending' || unsealed === true || opened.has(request)) return;
      opened.set(request, { impersonated: requester?.impersonated === true, at: Date.parse(at ?? '') });
      const [oldest] = opened.size > REQUESTS_LIMIT ? opened.keys() : [];
      if (oldest !== undefined) opened.delete(oldest);
    },
    happened(seen, until) {
      const { event, reviewed, succeeded } = seen;
      if (event.impersonatedUser === undefined || reviewed.attributes.dryRun) return;
      const { group, resource, subresource, operation, namespace = '', name } = reviewed.attributes;
      const isCreated = operation === 'CREATE' && subresource === undefined && group === GROUP && succeeded;
      if (isCreated && resource === PLURALS.ApprovalVote) found(seen, 'Vote', `${namespace}/${name ?? ''}`);
      const named = Object.entries(event.annotations ?? {}).find(([key]) => REQUEST_ANNOTATION.test(key))?.[1];
      const request = isCreated && resource === PLURALS.ApprovalRequest ? `${namespace}/${name ?? ''}` : named;
      if (request !== undefined) waiting.push({ seen, request, until });
    },
    due(now) {
      while (waiting[0] !== undefined && waiting[0].until <= now) {
        const { seen, request } = waiting[0];
        waiting.shift();
        const made = opened.get(request);
        // Somebody else's that it only joined, one that says so, or one that nobody wrote down.
        if (made === undefined || made.impersonated) continue;
        const since = seen.receivedAt - AROUND_MS;
        if (made.at >= since && made.at <= seen.answeredAt + AROUND_MS) found(seen, 'Request', request);
      }
      return findings.splice(0);
    },
  };
}
