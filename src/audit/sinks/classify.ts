import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';

/** The categorization fields of ECS, in those of its allowed values that occur here: elastic.co/docs/reference/ecs/ecs-category-field-values-reference */
export interface Classified {
  readonly kind: 'event' | 'alert' | 'state';
  readonly category: readonly ('api' | 'iam' | 'configuration' | 'intrusion_detection')[];
  readonly type: readonly ('access' | 'allowed' | 'denied' | 'info' | 'creation' | 'change' | 'deletion' | 'admin')[];
  /** In our words: `vote-approve`, or the verb of the API. */
  readonly action: string;
  readonly outcome: 'success' | 'failure' | 'unknown';
  /** As syslog counts it (RFC 5424 table 2): 1 alert, 4 warning, 5 notice, 6 informational. */
  readonly severity: 1 | 4 | 5 | 6;
}

const event = (
  category: Classified['category'][number],
  type: Classified['type'],
  action: string,
  outcome: Classified['outcome'] = 'success',
  severity: Classified['severity'] = 6,
): Classified => ({ kind: 'event', category: [category], type, action, outcome, severity });

export function classify(record: EvidenceRecord): Classified {
  switch (record.kind) {
    case 'Segment':
      return { ...event('configuration', ['info'], 'ledger-segment'), kind: 'state' };
    case 'Decision':
      return decision(record.data.verdict);
    case 'Request':
      return request(record.data.state);
    case 'Vote':
      return event('iam', ['change'], `vote-${record.data.decision.toLowerCase()}`, 'success', 5);
    case 'Use':
      return event('iam', ['change'], 'approval-used', 'success', 5);
    case 'GivenBack':
      return event('iam', ['change'], 'approval-given-back', 'success', 5);
    case 'Policy':
      return policy(record.data.change, record.data.generation);
    case 'AuditEvent':
      return auditEvent(record.data);
    case 'Alarm':
      return {
        kind: 'alert',
        category: ['intrusion_detection'],
        type: ['info'],
        action: `alarm-${kebab(record.data.alarm)}`,
        outcome: 'unknown',
        severity: 1,
      };
  }
}

function decision(verdict: 'Allowed' | 'Denied' | 'Asked'): Classified {
  switch (verdict) {
    case 'Allowed':
      return event('api', ['allowed'], 'decision-allowed', 'success', 5);
    case 'Denied':
      return event('api', ['denied'], 'decision-denied', 'failure', 4);
    case 'Asked':
      // Not carried out, and not refused for good.
      return event('api', ['denied'], 'decision-asked', 'unknown', 5);
  }
}

function request(state: Extract<EvidenceRecord, { kind: 'Request' }>['data']['state']): Classified {
  const action = `request-${state.toLowerCase()}`;
  switch (state) {
    case 'Pending':
      return event('iam', ['creation'], action, 'unknown', 5);
    case 'Approved':
    case 'Consumed':
      return event('iam', ['change'], action, 'success', 5);
    case 'Denied':
    case 'Expired':
    case 'Revoked':
    case 'Cancelled':
      return event('iam', ['change'], action, 'failure', 5);
  }
}

function policy(change: 'Stored' | 'Removed', generation: number): Classified {
  if (change === 'Removed') return event('configuration', ['deletion'], 'policy-removed', 'success', 4);
  return event('configuration', [generation === 1 ? 'creation' : 'change'], 'policy-stored', 'success', 4);
}

const TYPE_OF_VERB: Readonly<Record<string, Classified['type'][number]>> = {
  get: 'access',
  list: 'access',
  watch: 'access',
  create: 'creation',
  update: 'change',
  patch: 'change',
  delete: 'deletion',
  deletecollection: 'deletion',
};

function auditEvent({ verb, responseStatus, objectRef }: AuditEvent): Classified {
  const { code } = responseStatus ?? {};
  // A `create` of pods/exec creates nothing.
  const streamed = /^(exec|attach|portforward|proxy)$/.test(objectRef?.subresource ?? '');
  const base = streamed ? 'access' : ((Object.hasOwn(TYPE_OF_VERB, verb) ? TYPE_OF_VERB[verb] : undefined) ?? 'admin');
  const denied = code === 401 || code === 403;
  const outcome = code === undefined ? 'unknown' : code < 400 ? 'success' : 'failure';
  return event('api', denied ? [base, 'denied'] : [base], verb, outcome, denied ? 5 : 6);
}

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
