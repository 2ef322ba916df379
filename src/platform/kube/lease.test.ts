import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import type { Clock } from '../../ports/clock.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';
import { LeadershipLostError, runLeaderElection } from './lease.ts';
import type { LeaseSpec } from './lease-record.ts';

const LEASES = '/apis/coordination.k8s.io/v1/leases';
const KEY = 'sallyport-system/controller';

interface Candidate {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Work that was started, with the signals it got. */
  readonly terms: { signal: AbortSignal; stillLeading: () => boolean; finish: () => void }[];
  /** When each term's signal was aborted, by this candidate's clock. */
  readonly endedAt: number[];
  leads(): boolean;
}

describe('leader election', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let candidates: Candidate[];

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    candidates = [];
  });

  afterEach(async () => {
    server.script = () => undefined;
    for (const { stop } of candidates) stop.abort();
    await Promise.all(candidates.map(({ done }) => done));
    client.close();
    await server[Symbol.asyncDispose]();
  });

  function campaign(identity: string, clock: Clock): Candidate {
    const stop = new AbortController();
    const terms: Candidate['terms'] = [];
    const endedAt: number[] = [];
    const done = runLeaderElection({
      client,
      clock,
      random: () => 0,
      identity,
      namespace: 'sallyport-system',
      name: 'controller',
      signal: stop.signal,
      log: silentLogger,
      onStarted: (signal, stillLeading) =>
        new Promise((resolve) => {
          terms.push({ signal, stillLeading, finish: resolve });
          signal.addEventListener('abort', () => {
            endedAt.push(clock.now());
            resolve();
          });
        }),
    });
    const leads = () => terms.at(-1)?.signal.aborted === false;
    const candidate = { stop, done, terms, endedAt, leads };
    candidates.push(candidate);
    return candidate;
  }

  /** Lets `seconds` pass for these clocks together, with time in between for real requests. */
  async function pass(seconds: number, ...clocks: FakeClock[]): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await settle();
      for (const clock of clocks) await clock.advance(1_000);
    }
    await settle();
  }

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const before = server.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 3));
      quiet = server.requests.length === before ? quiet + 1 : 0;
    }
  }

  const writes = () => server.requests.filter(({ method }) => method === 'PUT').length;
  const lease = () => server.store.get(LEASES, KEY)?.['spec'] as LeaseSpec | undefined;

  it('one of two leads, with the lease in its name and times of six digits', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    const b = campaign('b', clock);
    await pass(30, clock);
    expect([a.leads(), b.leads()].filter(Boolean)).toHaveLength(1);
    expect(a.terms.length + b.terms.length).toBe(1);
    expect(lease()).toMatchObject({ holderIdentity: a.leads() ? 'a' : 'b', leaseDurationSeconds: 15 });
    expect(lease()?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(lease()?.leaseTransitions).toBe(0);
  });

  it('gives the lease back when it stops, so that the next leads at its next try', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(3, clock);
    const b = campaign('b', clock);
    await pass(3, clock);
    a.stop.abort();
    await a.done;
    expect(lease()?.holderIdentity).toBe('');
    await pass(3, clock);
    expect(b.leads()).toBe(true);
    expect(lease()?.leaseTransitions).toBe(1);
  });

  it('gives the lease back only after the work has stopped', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const work = Promise.withResolvers<void>();
    const done = runLeaderElection({
      client,
      clock,
      random: () => 0,
      identity: 'slow',
      namespace: 'sallyport-system',
      name: 'controller',
      signal: stop.signal,
      log: silentLogger,
      onStarted: () => work.promise,
    });
    await pass(3, clock);
    stop.abort();
    await pass(5, clock);
    expect(lease()?.holderIdentity).toBe('slow');
    work.resolve();
    await done;
    expect(lease()?.holderIdentity).toBe('');
  });

  it('stops its work 10 s after the last renewal, before anybody else may begin', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(5, clock);
    const renewed = Date.parse(lease()?.renewTime ?? '');
    server.script = ({ method }) => (method === 'GET' ? undefined : { type: 'Reset' });
    const b = campaign('b', clock);
    await pass(30, clock);
    expect(a.endedAt).toEqual([renewed + 10_000]);
    expect(a.terms[0]?.signal.reason).toBeInstanceOf(LeadershipLostError);
    expect(b.terms).toEqual([]);
    server.script = () => undefined;
    await pass(20, clock);
    expect([a.leads(), b.leads()].filter(Boolean)).toHaveLength(1);
  });

  it('a candidate counts from what it saw itself, not from the holder’s clock', async () => {
    server.store.put(LEASES, {
      metadata: { name: 'controller', namespace: 'sallyport-system' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
    });
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(14, clock);
    expect(a.terms).toEqual([]);
    await pass(5, clock);
    expect(a.leads()).toBe(true);
  });

  it('a holder that was paused for 30 s neither writes nor leads when it wakes up', async () => {
    const timers = new FakeClock();
    const others = new FakeClock();
    let paused = 0;
    // A stopped process: the time of day goes on, its timers do not.
    const clock: Clock = {
      now: () => timers.now() + paused,
      sleep: (ms, signal) => timers.sleep(ms, signal),
      after: (ms, run) => timers.after(ms, run),
    };
    const a = campaign('a', clock);
    await pass(4, timers, others);
    const b = campaign('b', others);
    await pass(30, others);
    expect([a.leads(), b.leads()]).toEqual([true, true]);
    paused = 30_000;
    expect(a.terms[0]?.stillLeading()).toBe(false);
    const before = writes();
    await pass(3, timers);
    expect([a.leads(), b.leads()]).toEqual([false, true]);
    expect(writes()).toBe(before);
    await pass(20, timers, others);
    expect([a.leads(), b.leads()]).toEqual([false, true]);
    expect(lease()?.holderIdentity).toBe('b');
  });

  it('a holder whose lease is stolen stops at its next renewal', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(5, clock);
    server.store.put(LEASES, {
      metadata: { name: 'controller', namespace: 'sallyport-system' },
      spec: { ...lease(), holderIdentity: 'thief' },
    });
    await pass(3, clock);
    expect(a.leads()).toBe(false);
    expect(lease()?.holderIdentity).toBe('thief');
  });

  it('keeps leading when somebody annotates the lease between its read and its write', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(3, clock);
    let once = true;
    server.script = ({ method }) => {
      if (method === 'PUT' && once) {
        once = false;
        server.store.put(LEASES, server.store.get(LEASES, KEY) ?? { metadata: { name: 'controller' } });
      }
      return undefined;
    };
    await pass(20, clock);
    expect(once).toBe(false);
    expect(a.leads()).toBe(true);
    expect(a.terms).toHaveLength(1);
  });

  it('ends, and gives the lease back, when the work is done', async () => {
    const clock = new FakeClock();
    const a = campaign('a', clock);
    await pass(3, clock);
    a.terms[0]?.finish();
    await a.done;
    expect(lease()?.holderIdentity).toBe('');
  });

  it('ends with the error when the work fails while leading', async () => {
    const failing = runLeaderElection({
      client,
      clock: new FakeClock(),
      random: () => 0,
      identity: 'a',
      namespace: 'sallyport-system',
      name: 'controller',
      signal: new AbortController().signal,
      log: silentLogger,
      onStarted: () => Promise.reject(new Error('a bug')),
    });
    await expect(failing).rejects.toThrow('a bug');
    expect(lease()?.holderIdentity).toBe('');
  });
});
