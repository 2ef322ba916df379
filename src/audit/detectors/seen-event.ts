import { isNamespace } from '../../core/attributes/is-namespace.ts';
import { fromAuditEvent, type Reviewed } from '../../core/attributes/from-audit-event.ts';
import type { Operation } from '../../core/attributes/attributes.ts';
import { gateAnnotations } from '../../core/api/gate-annotations.ts';
import { resourceName } from '../../core/api/resource-name.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import type { DecisionRecord } from '../../core/evidence/decision-record.ts';
import { requestKey } from '../../core/evidence/request-key.ts';
import { membersCut } from '../../core/attributes/cut-note.ts';

/** A request to the API server that admission is asked about, as one of its events tells of it. */
export interface SeenEvent {
  /** Id of the event's record. */
  readonly evidence: string;
  readonly event: AuditEvent;
  readonly reviewed: Reviewed;
  /** Equal for all stages of one request. */
  readonly request: string;
  /** Who admission was told that it is. */
  readonly username: string;
  /** Group and all: `clusterrolebindings.rbac.authorization.k8s.io`. */
  readonly resource: string;
  /** What the gate's webhooks say; one, unless somebody forges. */
  readonly decisions: readonly string[];
  readonly succeeded: boolean;
  readonly code: number | undefined;
  /** Milliseconds. */
  readonly receivedAt: number;
  readonly answeredAt: number;
  /** Annotations of it may be missing. */
  readonly isCut: boolean;
}

/**
 * @returns undefined for what says nothing of an action: no answer yet, or a read; 'Unreadable' for an action of nobody, or of
 * no time
 */
export function seenEvent(evidence: string, event: AuditEvent): SeenEvent | 'Unreadable' | undefined {
  if (event.stage === 'RequestReceived') return undefined;
  const reviewed = fromAuditEvent(event);
  if (reviewed.kind === 'NotReviewed') return undefined;
  if (reviewed.kind === 'Unreadable') return 'Unreadable';
  const receivedAt = Date.parse(event.requestReceivedTimestamp);
  const answeredAt = Date.parse(event.stageTimestamp);
  if (Number.isNaN(receivedAt) || Number.isNaN(answeredAt)) return 'Unreadable';
  const { annotations = {}, responseStatus } = event;
  const code = responseStatus?.code;
  const { attributes } = reviewed;
  return {
    evidence,
    event,
    reviewed,
    request: requestKey(event),
    username: attributes.user.username,
    resource: resourceName(attributes),
    decisions: gateAnnotations(annotations, 'decision'),
    succeeded: code !== undefined && code < 400 && event.stage !== 'Panic',
    code,
    receivedAt,
    answeredAt,
    isCut: membersCut(annotations).includes('annotations'),
  };
}

/** Whether a decision may be about this request: the same user, operation and object, as far as the event shows them. */
export function isAbout({ user, operation, resource, namespace, name }: DecisionRecord, seen: SeenEvent): boolean {
  const { attributes } = seen.reviewed;
  return (
    user.username === seen.username &&
    isOperation(operation, attributes.operation, seen.event.verb) &&
    plural(resource) === plural(seen.resource) &&
    // A Namespace is in itself, and the API server does not always say so.
    (isNamespace(attributes) || (namespace ?? '') === (attributes.namespace ?? '')) &&
    (name === undefined || attributes.name === undefined || name === attributes.name)
  );
}

/** A PUT or an apply makes what is not there: which it was may show by its answer alone. */
function isOperation(decided: string, audited: Operation, verb: string): boolean {
  const mayMake = verb === 'patch' || verb === 'update';
  return decided === audited || (mayMake && (decided === 'CREATE' || decided === 'UPDATE') && audited !== 'DELETE');
}

/** Without the group: a webhook may be shown another version of a kind, of another group, than the one that was asked for. */
function plural(resource: string): string {
  return resource.split('.', 1)[0] ?? '';
}
