import { gateAnnotations } from '../api/gate-annotations.ts';
import { resourceName } from '../api/resource-name.ts';
import type { AuditEvent } from './audit-event.ts';
import type { EvidenceKind, EvidenceRecord } from './evidence-record.ts';

/** By what a record is found: the columns of the index, of the console's tables and of `kubectl sallyport audit`. */
export interface Entry {
  readonly seq: number;
  readonly id: string;
  readonly kind: EvidenceKind;
  /** When it happened: RFC 3339, UTC. Of an audit event the time of its stage; where nothing says it, when it was written. */
  readonly at: string;
  /** Kubernetes username of whoever acted. */
  readonly user?: string;
  /** Who that was then, where the record says so. */
  readonly person?: string;
  /** An API verb, in lower case: `create`, `delete`, `connect`, `approve`, `deny`. */
  readonly verb?: string;
  /** `pods/exec`, `clusterrolebindings.rbac.authorization.k8s.io`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** namespace/name of the ApprovalRequest. */
  readonly request?: string;
  /** The id that joins a decision, its use and the API server's events. */
  readonly decision?: string;
  /** `Allowed`, `Denied`, `Asked`; a state of a request; an HTTP status; the kind of an alarm. */
  readonly outcome?: string;
}

/** @returns undefined for what nobody looks for: the ledger's own records. */
export function entryOf(record: EvidenceRecord): Entry | undefined {
  const { seq, id, kind } = record;
  const written = { seq, id, kind, at: record.time };
  switch (record.kind) {
    case 'Segment':
      return undefined;
    case 'Decision': {
      const { id: decision, at, user, operation, resource, namespace, name, request, verdict } = record.data;
      return {
        ...written,
        at,
        user: user.username,
        ...(user.person === undefined ? {} : { person: user.person }),
        verb: operation.toLowerCase(),
        resource,
        ...target(namespace, name),
        ...(request === undefined ? {} : { request }),
        decision,
        outcome: verdict,
      };
    }
    case 'Request': {
      const { requester, action, request, state, at = record.time } = record.data;
      return {
        ...written,
        at,
        ...(requester === undefined ? {} : { user: requester.username }),
        ...(requester?.person === undefined ? {} : { person: requester.person }),
        verb: action.operation.toLowerCase(),
        resource: resourceName(action),
        ...target(action.namespace, action.name),
        request,
        outcome: state,
      };
    }
    case 'Vote': {
      const { voter, request, decision, at = record.time } = record.data;
      return {
        ...written,
        at,
        ...(voter === undefined ? {} : { user: voter.username }),
        ...(voter?.person === undefined ? {} : { person: voter.person }),
        verb: decision.toLowerCase(),
        namespace: namespaceOf(request),
        request,
        outcome: decision,
      };
    }
    case 'Use': {
      const { username, person, request, decision, at = record.time } = record.data;
      return {
        ...written,
        at,
        user: username,
        ...(person === undefined ? {} : { person }),
        verb: 'use',
        namespace: namespaceOf(request),
        request,
        decision,
        outcome: 'Used',
      };
    }
    case 'GivenBack': {
      const { request, decision } = record.data;
      return {
        ...written,
        verb: 'give-back',
        namespace: namespaceOf(request),
        request,
        decision,
        outcome: 'GivenBack',
      };
    }
    case 'Policy': {
      const { name, change } = record.data;
      return { ...written, resource: 'approvalpolicies.sallyport.dev', name, outcome: change };
    }
    case 'Alarm': {
      const { alarm, at, username, verb, resource, namespace, name, request, decision } = record.data;
      return {
        ...written,
        at,
        ...(username === undefined ? {} : { user: username }),
        ...(verb === undefined ? {} : { verb }),
        ...(resource === undefined ? {} : { resource }),
        ...target(namespace, name),
        ...(request === undefined ? {} : { request }),
        ...(decision === undefined ? {} : { decision }),
        outcome: alarm,
      };
    }
    case 'AuditEvent':
      return { ...written, ...eventColumns(record.data) };
  }
}

/** Of the request that it is about: who may read what happened there may read this. */
function namespaceOf(request: string): string {
  return request.slice(0, Math.max(0, request.indexOf('/')));
}

/** The first, where somebody forges a second. */
export function decisionOf({ annotations }: Pick<AuditEvent, 'annotations'>): string | undefined {
  return gateAnnotations(annotations, 'decision')[0];
}

function eventColumns(event: AuditEvent): Omit<Entry, 'seq' | 'id' | 'kind'> {
  const { objectRef, responseStatus, verb, stageTimestamp } = event;
  const user = (event.impersonatedUser ?? event.user).username;
  const decision = decisionOf(event);
  return {
    at: stageTimestamp,
    ...(user === undefined ? {} : { user }),
    verb,
    ...(objectRef?.resource === undefined
      ? {}
      : { resource: resourceName({ ...objectRef, resource: objectRef.resource, group: objectRef.apiGroup }) }),
    ...target(objectRef?.namespace, objectRef?.name),
    ...(decision === undefined ? {} : { decision }),
    ...(responseStatus?.code === undefined ? {} : { outcome: String(responseStatus.code) }),
  };
}

function target(namespace: string | undefined, name: string | undefined): Pick<Entry, 'namespace' | 'name'> {
  return { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
}
