import type { ApprovalRequest } from '../../core/api/kinds.ts';
import type { AlarmKind } from '../../core/evidence/alarm.ts';
import type { Announcement, Delivery, Occasion } from '../channel.ts';

/** CloudEvents 1.0 in its structured JSON form: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
}

const TYPES: Readonly<Record<Occasion, string>> = {
  Asked: 'asked',
  StageOpened: 'stage-opened',
  Escalated: 'escalated',
  ReasonGiven: 'reason-given',
  Reminder: 'reminder',
  Voted: 'voted',
  Approved: 'approved',
  Denied: 'denied',
  Expired: 'expired',
  Revoked: 'revoked',
  Cancelled: 'cancelled',
  Used: 'used',
  BreakGlass: 'break-glass',
  Acknowledged: 'acknowledged',
};

/** `dev.sallyport.request.asked`, of what has happened last. */
function eventType(occasions: readonly Occasion[]): string {
  const last = occasions.at(-1);
  return `dev.sallyport.request.${last === undefined ? 'changed' : TYPES[last]}`;
}

/** @param source says which Sallyport, such as the URL of the console */
export function cloudEvent({ id, occasions, request, notice }: Delivery, source: string, now: number): CloudEvent {
  const { namespace = '', name } = request.metadata;
  return {
    specversion: '1.0',
    id,
    source,
    type: eventType(occasions),
    subject: `${namespace}/${name}`,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    data: { request: summaryOf(request), notice },
  };
}

/** `dev.sallyport.alarm.bypass`: alarms of one kind. */
export function alarmEvent({ id, notice }: Announcement, source: string, now: number): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source,
    type: `dev.sallyport.alarm.${ALARM_TYPES[notice.alarm]}`,
    subject: notice.alarm,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    data: { notice },
  };
}

const ALARM_TYPES: Readonly<Record<AlarmKind, string>> = {
  Bypass: 'bypass',
  Loss: 'loss',
  Impersonation: 'impersonation',
  GateRemoved: 'gate-removed',
};

/** What a machine needs; never the object, which may be large. */
function summaryOf({ metadata, spec, status }: ApprovalRequest) {
  const { requester, summary, digest, policies = [] } = spec;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    state: status?.state ?? 'Pending',
    requester: {
      username: requester?.username,
      class: requester?.class,
      person: requester?.person,
      owner: requester?.owner,
    },
    summary,
    digest,
    policies: policies.map(({ name }) => name),
    approvals: status?.approvals,
    expiresAt: status?.expiresAt,
    endedAt: status?.endedAt,
  };
}
