import { beforeEach, describe, expect, test } from 'vitest';
import type { Alarm } from '../../core/evidence/alarm.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { type AlarmKubeEvents, createAlarmKubeEvents } from './alarm-kube-events.ts';

const LEASE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  namespace: 'sallyport-system',
  name: 'sallyport-controller',
};

let clock: FakeClock;
let events: FakeEvents;
let alarms: AlarmKubeEvents;
beforeEach(() => {
  clock = new FakeClock();
  events = new FakeEvents();
  alarms = createAlarmKubeEvents(events, clock, LEASE);
});

const alarm = (overrides: Partial<Alarm> = {}): Alarm => ({
  alarm: 'Bypass',
  message: 'mallory did it',
  at: '2026-11-20T10:00:00Z',
  resource: 'pods/exec',
  namespace: 'prod',
  name: 'web-0',
  evidence: [],
  ...overrides,
});

const said = () =>
  events.emitted.map(({ regarding, reason, note }) => `${regarding.kind} ${regarding.namespace}: ${reason}: ${note}`);

describe('the Kubernetes Events of an alarm', () => {
  test('stand in the system namespace, and on the object concerned', () => {
    alarms.tell(alarm());
    expect(events.emitted).toEqual([
      { regarding: LEASE, type: 'Warning', reason: 'Bypass', action: 'Detect', note: 'mallory did it' },
      {
        regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'prod', name: 'web-0' },
        type: 'Warning',
        reason: 'Bypass',
        action: 'Detect',
        note: 'mallory did it',
      },
    ]);
  });

  test.each([
    ['deployments/scale.apps', { apiVersion: 'apps/v1', kind: 'Deployment' }],
    ['rolebindings.rbac.authorization.k8s.io', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' }],
    ['horizontalpodautoscalers.autoscaling', { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }],
  ])('name its kind: %s', (resource, kind) => {
    alarms.tell(alarm({ resource }));
    expect(events.emitted[1]?.regarding).toMatchObject(kind);
  });

  test.each<[string, Partial<Alarm>]>([
    ['is of no kind of Kubernetes', { resource: 'approvalvotes.sallyport.dev' }],
    ['is called as what every object of JavaScript has', { resource: 'constructor' }],
    ['has no namespace', { resource: 'clusterrolebindings.rbac.authorization.k8s.io', namespace: '' }],
    ['is a namespace', { resource: 'namespaces', namespace: 'prod', name: 'prod' }],
    ['has no name', { name: '' }],
  ])('stand in the system namespace alone where it %s', (_, overrides) => {
    alarms.tell(alarm(overrides));
    expect(said()).toEqual(['Lease sallyport-system: Bypass: mallory did it']);
  });

  test('of a storm are one a minute, with the count', async () => {
    for (let count = 1; count <= 1_000; count += 1) alarms.tell(alarm({ message: `time ${count}` }));
    alarms.tell(alarm({ alarm: 'Loss', resource: 'nodes', namespace: '' }));
    await clock.advance(10 * 60_000);
    expect(said()).toEqual([
      'Lease sallyport-system: Bypass: time 1',
      'Pod prod: Bypass: time 1',
      'Lease sallyport-system: Loss: mallory did it',
      'Lease sallyport-system: Bypass: 999 more within a minute, the last: time 1000',
      'Pod prod: Bypass: 999 more within a minute, the last: time 1000',
    ]);
    alarms.tell(alarm({ message: 'later' }));
    expect(said().slice(5)).toEqual(['Lease sallyport-system: Bypass: later', 'Pod prod: Bypass: later']);
  });

  test('of a storm over many objects are bounded, and the system namespace hears of each kind all the same', async () => {
    for (let count = 0; count < 10_000; count += 1) alarms.tell(alarm({ name: `web-${count}` }));
    alarms.tell(alarm({ alarm: 'GateRemoved', resource: 'secrets' }));
    expect(events.emitted.length).toBeLessThan(110);
    expect(said()).toContain('Lease sallyport-system: GateRemoved: mallory did it');
  });

  test('say at the end what was counted', async () => {
    alarms.tell(alarm());
    alarms.tell(alarm({ name: 'web-1' }));
    alarms.close();
    expect(said()).toContain('Lease sallyport-system: Bypass: 1 more within a minute, the last: mallory did it');
    const count = events.emitted.length;
    await clock.advance(10 * 60_000);
    expect(events.emitted).toHaveLength(count);
  });
});
