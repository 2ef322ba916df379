import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import type { ObjectEvent } from '../../ports/events.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';
import { createEvents, type EventWriter } from './events.ts';

const EVENTS = '/apis/events.k8s.io/v1/events';
const event: ObjectEvent = {
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'prod', name: 'web-0', uid: 'u' },
  type: 'Warning',
  reason: 'ApprovalRequired',
  action: 'Asked',
  note: 'exec into prod/web-0 needs 1 of group sre',
};

describe('events', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let events: EventWriter;
  let warnings: string[];

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    warnings = [];
    events = createEvents({
      client,
      clock: new FakeClock(),
      random: Math.random,
      log: { ...silentLogger, warn: (_, message) => warnings.push(message) },
      reportingController: 'sallyport.dev/controller',
      reportingInstance: 'controller-0',
    });
  });

  afterEach(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
  });

  it('writes events.k8s.io/v1', async () => {
    events.emit(event);
    await events.drained();
    expect(server.store.objects(EVENTS)).toMatchObject([
      {
        ...event,
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'sallyport.dev/controller',
        reportingInstance: 'controller-0',
        metadata: { namespace: 'prod', name: expect.stringMatching(/^web-0\.[0-9a-f]{12}$/) },
      },
    ]);
  });

  it.each([
    ['system:masters', /^system-masters\.[0-9a-f]{12}$/],
    ['..A..b--', /^a\.b\.[0-9a-f]{12}$/],
    ['日本', /^event-[0-9a-f]{12}$/],
    ['x'.repeat(300), /^x{200}\.[0-9a-f]{12}$/],
  ])('writes about the cluster-scoped %s into default, under a name that the API takes', async (name, expected) => {
    events.emit({ ...event, regarding: { ...event.regarding, namespace: '', name } });
    await events.drained();
    const [written] = server.store.objects(EVENTS);
    expect(written?.metadata).toMatchObject({ namespace: 'default', name: expect.stringMatching(expected) });
  });

  it('cuts a note to 1024 bytes between characters', async () => {
    events.emit({ ...event, note: `a${'é'.repeat(1000)}` });
    await events.drained();
    const note = String(server.store.objects(EVENTS)[0]?.['note']);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^aé+…$/);
  });

  it('neither throws nor stops when the API server refuses', async () => {
    server.script = () => ({ type: 'Json', status: 403, body: {} });
    events.emit(event);
    await events.drained();
    server.script = () => undefined;
    events.emit(event);
    await events.drained();
    expect(warnings).toEqual(['an event could not be written']);
    expect(server.store.objects(EVENTS)).toHaveLength(1);
  });

  it('drops what exceeds its queue rather than growing', async () => {
    for (let i = 0; i < 400; i += 1) events.emit(event);
    await events.drained();
    const written = server.store.objects(EVENTS).length;
    expect(written).toBeGreaterThanOrEqual(256);
    expect(written + warnings.length).toBe(400);
    expect(warnings.length).toBeGreaterThan(100);
  });
});
