import { describe, expect, test } from 'vitest';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { type Logger, silentLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { recordPeopleChanges, tellOfRefusedPeople } from './people-events.ts';
import { type PeopleConfigMap, watchPeople } from './people-source.ts';

const KEY = 'sallyport-system/sallyport-people';
const configMap = (text: string, key = 'people.yaml'): PeopleConfigMap => ({
  metadata: { name: 'sallyport-people', namespace: 'sallyport-system', uid: 'u1' },
  data: { [key]: text },
});
const alice = (...usernames: string[]) => configMap(JSON.stringify({ people: [{ person: 'Alice', usernames }] }));
const EMPTY = configMap('');
const BAD = configMap('people: [{}]');

function world() {
  const maps = new FakeWatched<PeopleConfigMap>();
  const fresh = { now: true };
  const people = watchPeople(maps, () => fresh.now);
  return { maps, fresh, people, personOf: (username: string) => people.now()?.ofUsername(username).person };
}

describe('[R21] the people map as it is watched', () => {
  test('without a ConfigMap nobody is mapped', () => {
    expect(world().personOf('alice')).toBe('alice');
  });

  test('[R1] before the watch is in step nobody is known, nor when it is not any more', () => {
    const { fresh, people } = world();
    fresh.now = false;
    expect(people.now()).toBeUndefined();
    fresh.now = true;
    expect(people.now()).toBeDefined();
  });

  test('it is read, and read again when it changes', () => {
    const { maps, personOf } = world();
    maps.put(alice('archer'));
    expect(personOf('archer')).toBe('Alice');
    maps.put(alice('archer-2'));
    expect([personOf('archer'), personOf('archer-2')]).toEqual(['archer', 'Alice']);
  });

  test('one with mistakes at the start: nobody is known until it is mended', () => {
    const { maps, people, personOf } = world();
    maps.put(BAD);
    expect(people.now()).toBeUndefined();
    maps.put(BAD);
    expect(people.now()).toBeUndefined();
    maps.put(alice('alice'));
    expect(personOf('alice')).toBe('Alice');
  });

  test('one that was emptied leaves the last one that was good', () => {
    const { maps, personOf } = world();
    maps.put(alice('archer'));
    maps.put(EMPTY);
    expect(personOf('archer')).toBe('Alice');
  });

  test('one with mistakes later leaves the last one that was good', () => {
    const { maps, personOf } = world();
    maps.put(alice('alice'));
    maps.put(BAD);
    maps.put(configMap('people: []', 'other.yaml'));
    expect(personOf('alice')).toBe('Alice');
  });

  test('once it is removed nobody is mapped, and one with mistakes after that is one at the start', () => {
    const { maps, people, personOf } = world();
    maps.put(alice('alice'));
    maps.remove(KEY);
    expect(personOf('alice')).toBe('alice');
    maps.put(BAD);
    expect(people.now()).toBeUndefined();
  });

  test('mistakes are counted, logged, and told on the ConfigMap', async () => {
    const { maps, people } = world();
    const lines: string[] = [];
    const line = (level: string) => (fields: object) => void lines.push(`${level} ${JSON.stringify(fields)}`);
    const log: Logger = { ...silentLogger, info: line('info'), error: line('error') };
    const metrics = createMetrics({ processMetrics: false });
    const events = new FakeEvents();
    recordPeopleChanges(people, log, metrics);
    tellOfRefusedPeople(people, events);
    maps.put(BAD);
    maps.put(alice('alice'));
    expect((await metrics.render()).text).toContain('sallyport_people_map_refused 0');
    maps.put(BAD);
    const { text } = await metrics.render();
    expect(text).toContain('sallyport_people_map_changes_total{outcome="Refused"} 2');
    expect(text).toContain('sallyport_people_map_refused 1');
    expect(lines.map((each) => each.split(' ')[0])).toEqual(['error', 'info', 'error']);
    expect(lines[0]).toContain('people[0].person');
    expect(events.emitted.map(({ reason, note }) => `${reason}: ${note}`)).toEqual([
      expect.stringMatching(/^PeopleMapRefused: Until it is mended nobody votes.*people\[0\]\.person: /),
      expect.stringMatching(/^PeopleMapRefused: The last one that was good goes on\. people\[0\]\.person: /),
    ]);
    expect(events.emitted[0]?.regarding).toMatchObject({ kind: 'ConfigMap', name: 'sallyport-people', uid: 'u1' });
  });

  test('who comes later is told of the last change', () => {
    const { maps, people } = world();
    maps.put(BAD);
    const told: string[] = [];
    people.onChange(({ type }) => told.push(type));
    expect(told).toEqual(['Refused']);
  });
});
