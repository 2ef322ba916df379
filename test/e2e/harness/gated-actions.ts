import type { EvidenceRecord } from '../../../src/core/evidence/evidence-record.ts';
import { isAbout, seenEvent } from '../../../src/audit/detectors/seen-event.ts';

export interface GatedActions {
  /** Events of actions that had to be approved, each with the decision that let it through. */
  readonly joined: readonly { readonly event: string; readonly decision: string }[];
  /** Uses that no event tells of. */
  readonly untold: readonly string[];
  /** Alarms about actions that have their decision. */
  readonly falsely: readonly string[];
}

/**
 * Joins each gated action in a ledger with its decision, and each alarm of a bypass with an event that has none: by hand, not
 * by the detectors. To be run after a whole suite, or for one namespace.
 */
export function gatedActions(records: readonly EvidenceRecord[], namespace?: string): GatedActions {
  const decisions = new Map(
    records.flatMap((record) => (record.kind === 'Decision' ? [[record.data.id, record.data] as const] : [])),
  );
  const joined: { event: string; decision: string }[] = [];
  for (const record of records) {
    const seen = record.kind === 'AuditEvent' ? seenEvent(record.id, record.data) : undefined;
    if (seen === undefined || seen === 'Unreadable') continue;
    const [id] = seen.decisions;
    const decision = id === undefined ? undefined : decisions.get(id);
    if (decision !== undefined && isAbout(decision, seen)) joined.push({ event: record.id, decision: decision.id });
  }
  const told = new Set(joined.map(({ decision }) => decision));
  const isHere = (place: string | undefined) => namespace === undefined || place === namespace;
  const untold = [...decisions.values()]
    .filter(({ verdict, code, namespace: place }) => verdict === 'Allowed' && code === 'Approved' && isHere(place))
    .filter(({ id }) => !told.has(id))
    .map(({ id, resource, name = '' }) => `decision ${id} on ${resource} ${name} has no event`);
  const withDecision = new Set(joined.map(({ event }) => event));
  const falsely = records.flatMap((record) => {
    if (record.kind !== 'Alarm' || !isHere(record.data.namespace)) return [];
    const { alarm, evidence, message, decision = '' } = record.data;
    if (alarm === 'GateRemoved' || alarm === 'Impersonation') return [];
    const isFalse = evidence.some((id) => withDecision.has(id)) || (alarm === 'Loss' && told.has(decision));
    return isFalse ? [`${alarm}: ${message}`] : [];
  });
  return { joined, untold, falsely };
}
