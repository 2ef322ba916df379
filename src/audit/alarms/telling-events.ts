import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { AlarmOutcome } from '../../ports/alarm-channel.ts';

const RESULTS = ['Told', 'Delayed', 'Refused'] as const;

/** What operators see of alarms being told. */
export interface TellingEvents {
  /** @param facts `ms`: it is tried again after so long */
  tried(
    destination: string,
    outcome: AlarmOutcome,
    facts: { alarm: string; count: number; id: string; ms?: number },
  ): void;
  untold(destination: string, seconds: number): void;
  /** The ledger cannot be read, or how far they were told not be written. They are told all the same. */
  failed(error: unknown): void;
}

/** @param destinations all of them; metrics are declared once */
export function createTellingEvents(log: Logger, metrics: Metrics, destinations: readonly string[]): TellingEvents {
  const counters = {
    messages: metrics.counter({
      name: 'alarm_messages_total',
      help: 'Attempts to tell people of alarms, by what became of them. One message may tell of many.',
      labels: { destination: destinations, result: RESULTS },
    }),
  };
  const untold = metrics.gauge({
    name: 'alarms_untold_seconds',
    help: 'How long the oldest alarm waits that a destination was not told of; 0 where there is none.',
    labels: { destination: destinations },
  });
  for (const destination of destinations) untold.set({ destination }, 0);
  return {
    tried: (destination, outcome, { ms, ...facts }) =>
      emit(
        businessEvent({
          level: outcome.type === 'Told' ? 'info' : 'error',
          message: MESSAGES[outcome.type],
          fields: {
            destination,
            ...facts,
            ...(outcome.type === 'Told' ? {} : { why: outcome.why }),
            ...(ms === undefined ? {} : { seconds: Math.round(ms / 1000) }),
          },
          counter: (all: typeof counters) => all.messages,
          labels: { destination, result: outcome.type },
        }),
        { log, metrics: counters },
      ),
    untold: (destination, seconds) => untold.set({ destination }, seconds),
    failed: (error) => log.error({ err: errorText(error) }, 'how far alarms were told is not known for sure'),
  };
}

const MESSAGES: Readonly<Record<AlarmOutcome['type'], string>> = {
  Told: 'a destination was told of alarms',
  Delayed: 'a destination could not be told of alarms; it is tried again',
  Refused: 'a destination refuses to be told of alarms; it is tried again, without their details',
};
