import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';
import type { EvidenceRecord, Submission } from '../../src/core/evidence/evidence-record.ts';
import { eventKey } from '../../src/core/evidence/event-key.ts';
import { createDetectors, type DetectorOptions } from '../../src/audit/detectors/create-detectors.ts';
import type { Finding } from '../../src/audit/detectors/finding.ts';
import { createPolicyHistory } from '../../src/audit/detectors/policy-history.ts';
import { createWasGated } from '../../src/audit/detectors/was-gated.ts';
import { approvalPolicy } from './approval-policy.ts';
import { auditEvent } from './audit-event.ts';
import { decisionRecord } from './decision-record.ts';
import { compile } from './decision-world.ts';

/** When the first event was received. */
export const T0 = Date.parse('2026-11-20T10:00:00.000Z');
export const GRACE_MS = 20_000;
export const LOSS_MS = 300_000;
export const SETTLE_MS = 10_000;

const OPTIONS: DetectorOptions = {
  graceMs: GRACE_MS,
  lossMs: LOSS_MS,
  memoryMs: 3_600_000,
  decisions: 1_000,
  waiting: 1_000,
  gateKeepers: new Set(['sallyport']),
  gateObjects: [
    {
      group: 'admissionregistration.k8s.io',
      resource: 'validatingwebhookconfigurations',
      isOurs: (name) => name === 'sallyport-gate',
      labels: ['app.kubernetes.io/part-of'],
      changes: true,
    },
    {
      group: '',
      resource: 'secrets',
      namespace: 'sallyport-system',
      isOurs: (name) => name === 'sallyport-keys',
      changes: true,
    },
    {
      group: 'apiextensions.k8s.io',
      resource: 'customresourcedefinitions',
      isOurs: (name) => name.endsWith('.sallyport.dev'),
      changes: false,
    },
  ],
};

/** The detectors of a ledger that a test writes, with a policy that has long stood. */
export function detectorsWorld(
  setup: {
    readonly policies?: readonly ApprovalPolicy[];
    readonly namespace?: (name: string, from: number) => readonly JsonObject[];
    readonly options?: Partial<DetectorOptions>;
    /** The last record that they do not see. */
    readonly after?: number;
  } = {},
) {
  const { policies = [approvalPolicy()], namespace = () => [], options = {}, after = 0 } = setup;
  const history = createPolicyHistory(compile, SETTLE_MS);
  for (const policy of policies) history.stands(policy);
  const wasGated = createWasGated({ history, namespace, ourUsernames: new Set(['sallyport']) });
  const mayBeGated = createWasGated({ history, namespace: () => [], ourUsernames: new Set(['sallyport']) });
  const detectors = createDetectors({ ...OPTIONS, ...options }, { wasGated, mayBeGated });
  let seq = after;
  const see = (submission: Submission, now: number): void => {
    seq += 1;
    const time = new Date(now).toISOString();
    const record: EvidenceRecord = { seq, prev: '', time, ...submission };
    detectors.see(record, now);
  };
  return {
    history,
    detectors,
    see,
    event: (event: AuditEvent, now: number) =>
      see({ kind: 'AuditEvent', id: `event/${eventKey(event)}`, data: event }, now),
    decision: (decision: DecisionRecord, now: number) =>
      see({ kind: 'Decision', id: `decision/${decision.id}`, data: decision }, now),
    /** What has come out by then. */
    until: (now: number): readonly Finding[] => detectors.due(now),
  };
}

/** `connect-0123abcd.gate.sallyport.dev/decision`. */
export function decidedBy(id: string): Readonly<Record<string, string>> {
  return { 'connect-0123abcd.gate.sallyport.dev/decision': id };
}

/** alice's exec, and its event. */
export function execOf(id: string, at = T0, event: Partial<AuditEvent> = {}, decision: Partial<DecisionRecord> = {}) {
  return {
    decision: decisionRecord({ id, at: new Date(at + 10).toISOString(), ...decision }),
    event: auditEvent({
      auditID: `audit-${id}-${at}`,
      stage: 'ResponseStarted',
      requestReceivedTimestamp: new Date(at).toISOString(),
      stageTimestamp: new Date(at + 50).toISOString(),
      annotations: decidedBy(id),
      ...event,
    }),
  };
}

/** In one word each. */
export function said(findings: readonly Finding[]): readonly string[] {
  return findings.map((finding) => {
    switch (finding.kind) {
      case 'Alarm':
        return finding.alarm.alarm;
      case 'GiveBack':
        return `GiveBack ${finding.code}`;
      case 'Impersonated':
        return `Impersonated ${finding.made}`;
      case 'Unknown':
        return `Unknown ${finding.why}`;
    }
  });
}
