import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/harness/eventually.ts';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { systemClock } from '../clock/system-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';
import type { KubeObject } from './kube-object.ts';
import { listWatch } from './list-watch.ts';
import { createReflector, type Reflector } from './reflector.ts';

const PODS = '/api/v1/pods';
const pod = (name: string, phase = 'Pending') => ({
  metadata: { name, namespace: 'prod', managedFields: [{}] },
  phase,
});

describe('a reflector over HTTP', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let stop: AbortController;
  let running: Promise<void> | undefined;
  let changes: string[];

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    stop = new AbortController();
    changes = [];
  });

  afterEach(async () => {
    stop.abort();
    await running;
    client.close();
    await server[Symbol.asyncDispose]();
  });

  function start(silenceMs = 2_000): Reflector<KubeObject> {
    const reflector = createReflector({
      listWatch: listWatch(client, PODS),
      name: 'pods',
      clock: systemClock,
      random: () => 0,
      log: silentLogger,
      timing: {
        watchSeconds: 1,
        probeAfterMs: 100,
        silenceMs,
        unprovedMs: 4_000,
        backoff: { baseMs: 20, capMs: 50 },
      },
    });
    reflector.onChange((key, object) => changes.push(`${object === undefined ? '-' : '+'}${key}`));
    running = reflector.run(stop.signal);
    return reflector;
  }

  const lists = () =>
    server.requests.filter(({ query }) => query['watch'] === undefined && query['limit'] !== undefined).length;

  it('lists in pages, then follows additions, changes and deletions', async () => {
    for (let i = 0; i < 1_201; i += 1) server.store.put(PODS, pod(`p${i}`));
    const reflector = start();
    await eventually(() => reflector.synced(), 'synced');
    expect(reflector.list()).toHaveLength(1_201);
    expect(lists()).toBe(3);
    server.store.put(PODS, pod('new'));
    server.store.remove(PODS, 'prod', 'p0');
    await eventually(
      () => reflector.get('prod/p0') === undefined && reflector.get('prod/new') !== undefined,
      'followed',
    );
    expect(changes.slice(-2)).toEqual(['+prod/new', '-prod/p0']);
    expect(reflector.get('prod/new')?.metadata).not.toHaveProperty('managedFields');
  });

  it('stays fresh on a quiet collection while the rest of the cluster writes', async () => {
    const reflector = start();
    await eventually(() => reflector.synced(), 'synced');
    await eventually(() => server.watches === 1, 'watching');
    const first = reflector.freshAt();
    server.store.put('/api/v1/secrets', pod('elsewhere'));
    await eventually(() => reflector.freshAt() > first, 'a later proof');
    expect(lists()).toBe(1);
  });

  it.each([
    ['a watch that the server ends', 'End', 1],
    ['a connection reset', 'Reset', 1],
  ] as const)('goes on without a new list after %s', async (_, how, expected) => {
    const reflector = start();
    await eventually(() => server.watches === 1, 'watching');
    server.endWatches(how);
    server.store.put(PODS, pod('meanwhile'));
    await eventually(() => reflector.get('prod/meanwhile') !== undefined, 'caught up');
    expect(lists()).toBe(expected);
  });

  it.each([
    ['410 Gone', (s: ScriptedApiServer) => s.endWatches('End')],
    ['a line that is not JSON', (s: ScriptedApiServer) => s.raw('{"type":"ADDED","obj')],
    ['an event of a type that it does not know', (s: ScriptedApiServer) => s.raw('{"type":"MOVED","object":{}}')],
    [
      'an old event of an object that it does not have',
      (s: ScriptedApiServer) => s.raw('{"type":"ADDED","object":{"metadata":{"name":"ghost","resourceVersion":"7"}}}'),
    ],
  ])('lists again after %s, and reports what went away meanwhile', async (_, provoke) => {
    server.store.put(PODS, pod('stays'));
    server.store.put(PODS, pod('goes'));
    const reflector = start();
    await eventually(() => server.watches === 1, 'watching');
    let blocked = true;
    server.script = ({ query }) => (blocked && query['watch'] === 'true' ? { type: 'Reset' } : undefined);
    server.store.onChange = () => {};
    server.store.remove(PODS, 'prod', 'goes');
    server.store.compact();
    provoke(server);
    await eventually(() => lists() === 1 || !blocked, 'cut');
    blocked = false;
    await eventually(() => changes.includes('-prod/goes'), 'reported as gone');
    expect(reflector.list().map((object) => object.metadata.name)).toEqual(['stays']);
    expect(lists()).toBe(2);
  });

  it('cuts a watch that says nothing, and is not fooled meanwhile', async () => {
    const reflector = start(300);
    await eventually(() => server.watches === 1, 'watching');
    server.script = ({ query }) => (query['watch'] === 'true' ? { type: 'Silence' } : undefined);
    server.endWatches('End');
    const watches = () => server.requests.filter(({ query }) => query['watch'] === 'true').length;
    const before = watches();
    await eventually(() => watches() >= before + 2, 'cut and tried again');
    server.script = () => undefined;
    server.store.put(PODS, pod('after'));
    await eventually(() => reflector.get('prod/after') !== undefined, 'recovered');
    expect(lists()).toBe(1);
  });

  it('survives an API server that is away, with one list at most when it is back', async () => {
    const reflector = start();
    await eventually(() => server.watches === 1, 'watching');
    server.script = () => ({ type: 'Reset' });
    server.endWatches('Reset');
    await eventually(() => server.requests.length > 8, 'several tries');
    const before = lists();
    server.script = () => undefined;
    server.store.put(PODS, pod('back'));
    await eventually(() => reflector.get('prod/back') !== undefined, 'caught up');
    expect(lists() - before).toBeLessThanOrEqual(1);
  });

  it('a listener that throws disturbs neither the store nor other listeners', async () => {
    const reflector = start();
    reflector.onChange(() => {
      throw new Error('a bug in a listener');
    });
    const seen: string[] = [];
    const unsubscribe = reflector.onChange((key) => seen.push(key));
    await eventually(() => server.watches === 1, 'watching');
    server.store.put(PODS, pod('a'));
    await eventually(() => seen.length === 1, 'heard');
    unsubscribe();
    server.store.put(PODS, pod('b'));
    await eventually(() => reflector.get('prod/b') !== undefined, 'followed');
    expect(seen).toEqual(['prod/a']);
  });

  it('runs once at a time', async () => {
    const reflector = start();
    await expect(reflector.run(stop.signal)).rejects.toThrow('runs already');
  });
});
