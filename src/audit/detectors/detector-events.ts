import { ALARM_KINDS, type Alarm } from '../../core/evidence/alarm.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { AlarmKubeEvents } from './alarm-kube-events.ts';
import { UNKNOWN_REASONS, type UnknownReason } from './finding.ts';

const OUTCOMES = ['Done', 'Refused'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** What the detectors tell of themselves, and of what they find. */
export interface DetectorEvents {
  /** Once, after its record is in the ledger. */
  alarm(id: string, alarm: Alarm): void;
  unknown(why: UnknownReason): void;
  givenBack(outcome: Outcome, request: string, decision: string, code: number, why?: string): void;
  revoked(outcome: Outcome, request: string, why?: string): void;
  /** How far behind the ledger's end they are. */
  behind(seconds: number): void;
  failed(error: unknown): void;
}

export function createDetectorEvents(
  log: Logger,
  metrics: Metrics,
  kubeEvents: Pick<AlarmKubeEvents, 'tell'>,
): DetectorEvents {
  const alarms = metrics.counter({
    name: 'alarms_total',
    help: 'Alarms from audit events: what got round the gate, or may have. Each is a record of the ledger.',
    labels: { alarm: ALARM_KINDS },
  });
  const unknown = metrics.counter({
    name: 'detector_unknown_total',
    help: 'Actions of which it cannot be known whether they had to be approved, by why. No alarm is raised for them.',
    labels: { why: UNKNOWN_REASONS },
  });
  const givenBack = metrics.counter({
    name: 'uses_given_back_total',
    help: 'Uses of which an audit event proves that nothing came, by whether they count no more (R42).',
    labels: { outcome: OUTCOMES },
  });
  const revoked = metrics.counter({
    name: 'impersonated_revoked_total',
    help: 'Requests that somebody voted on, or made, in the name of another, by whether they could be revoked (R23).',
    labels: { outcome: OUTCOMES },
  });
  const behind = metrics.gauge({
    name: 'detectors_behind_seconds',
    help: 'How old the record is that the detectors have come to; 0 where there is none that they have not seen.',
    labels: {},
  });
  behind.set({}, 0);
  return {
    alarm: (id, alarm) => {
      const { evidence, message, ...facts } = alarm;
      emit(
        businessEvent({
          level: 'error',
          message: 'alarm',
          fields: { record: id, ...facts, what: message, evidence },
          counter: (all: { readonly alarms: typeof alarms }) => all.alarms,
          labels: { alarm: alarm.alarm },
        }),
        { log, metrics: { alarms } },
      );
      kubeEvents.tell(alarm);
    },
    unknown: (why) => unknown.increment({ why }),
    givenBack: (outcome, request, decision, code, why) => {
      givenBack.increment({ outcome });
      log.info({ outcome, request, decision, code, why }, 'a use of which nothing came');
    },
    revoked: (outcome, request, why) => {
      revoked.increment({ outcome });
      log.warn({ outcome, request, why }, 'what somebody did in the name of another is revoked');
    },
    behind: (seconds) => behind.set({}, seconds),
    failed: (error) => log.error({ err: errorText(error) }, 'the detectors cannot go on now'),
  };
}
