import type { Events } from '../../ports/events.ts';
import { businessEvent, emit } from '../telemetry/event.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Counter, Gauge, Labels, Metrics } from '../telemetry/metrics.ts';
import { PEOPLE_MAP, peopleProblemText } from './people-map.ts';
import type { PeopleChange, WatchedPeople } from './people-source.ts';

const OUTCOMES = ['Read', 'Refused', 'Removed'] as const;

interface PeopleMetrics {
  readonly changes: Counter<{ outcome: typeof OUTCOMES }>;
  readonly refused: Gauge<Labels>;
}

/** Logs and counts what became of every people map that was written. */
export function recordPeopleChanges(people: WatchedPeople, log: Logger, metrics: Metrics): void {
  const declared: PeopleMetrics = {
    changes: metrics.counter({
      name: 'people_map_changes_total',
      help: 'People maps that were read, refused as they stand, or removed.',
      labels: { outcome: OUTCOMES },
    }),
    refused: metrics.gauge({
      name: 'people_map_refused',
      help: '1 while the people map that is stored is not the one that counts, since it has mistakes.',
      labels: {},
    }),
  };
  declared.refused.set({}, 0);
  people.onChange((change) => {
    emit(peopleChanged(change), { log, metrics: declared });
    declared.refused.set({}, change.type === 'Refused' ? 1 : 0);
  });
}

function peopleChanged(change: PeopleChange) {
  return businessEvent({
    level: change.type === 'Refused' ? 'error' : change.type === 'Removed' ? 'warn' : 'info',
    message: 'people map changed',
    fields: { outcome: change.type, ...factsOf(change) },
    counter: (counters: PeopleMetrics) => counters.changes,
    labels: { outcome: change.type },
  });
}

function factsOf(change: PeopleChange): Record<string, string | number | boolean | readonly string[]> {
  switch (change.type) {
    case 'Read':
      return { people: change.people, templates: change.templates };
    case 'Refused':
      return { problems: change.problems.map(peopleProblemText), keepsTheLast: change.kept };
    case 'Removed':
      return {};
  }
}

/** Tells whoever looks at the ConfigMap what is wrong with it. */
export function tellOfRefusedPeople(people: WatchedPeople, events: Events): void {
  people.onChange((change) => {
    if (change.type !== 'Refused') return;
    const { metadata } = change.object;
    const then = change.kept
      ? 'The last one that was good goes on.'
      : 'Until it is mended nobody votes and nothing new is asked for.';
    events.emit({
      regarding: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: metadata.namespace ?? '',
        name: metadata.name ?? PEOPLE_MAP.name,
        ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      },
      type: 'Warning',
      reason: 'PeopleMapRefused',
      action: 'ReadPeopleMap',
      note: `${then} ${change.problems.map(peopleProblemText).join('; ')}`,
    });
  });
}
