import type { Logger } from './logger.ts';
import type { Counter, Labels, LabelValues } from './metrics.ts';

/** A fact of a log line. Never a body, a token or a key. */
export type EventField = string | number | boolean | null | undefined | readonly string[];

/**
 * Something that happened and that an operator counts: one log line and one increment. `C` is the room's own record of
 * counters, so that each room declares and owns its events; this file only says what an event is.
 *
 * ```ts
 * export function requestOpened(request: RequestKey): BusinessEvent<WebhookCounters> {
 *   return businessEvent({
 *     level: 'info', message: 'approval request opened', fields: { request: request.name },
 *     counter: ({ requests }) => requests, labels: { outcome: 'Opened' },
 *   });
 * }
 * ```
 */
export interface BusinessEvent<C> {
  readonly level: 'info' | 'warn' | 'error';
  /** Always the same words; what varies stands in the fields. */
  readonly message: string;
  readonly fields: Readonly<Record<string, EventField>>;
  readonly count: (counters: C) => void;
}

export interface EventSinks<C> {
  readonly log: Logger;
  readonly metrics: C;
}

/** Ties the labels of an event to those that its counter declares. */
export function businessEvent<C, L extends Labels>(event: {
  readonly level: BusinessEvent<C>['level'];
  readonly message: string;
  readonly fields: BusinessEvent<C>['fields'];
  readonly counter: (counters: C) => Counter<L>;
  readonly labels: LabelValues<L>;
}): BusinessEvent<C> {
  const { level, message, fields, counter, labels } = event;
  return { level, message, fields, count: (counters) => counter(counters).increment(labels) };
}

/** Writes the event. Never throws: a full disk under the log must not change a verdict. */
export function emit<C>(event: BusinessEvent<C>, { log, metrics }: EventSinks<C>): void {
  attempt(() => log[event.level](event.fields, event.message));
  attempt(() => event.count(metrics));
}

function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // There is nowhere left to report it to.
  }
}
