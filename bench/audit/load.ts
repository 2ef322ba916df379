import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds, rssMiB } from '../admission/process-usage.ts';
import { createSender, type SenderOptions } from '../../test/harness/audit-receiver.ts';
import { BATCH_EVENTS, createBatches, type EventLevel } from './batches.ts';

/** Batches under way at once: an API server sends each of its ten a second by itself. */
const CONNECTIONS = 4;
const POLL_MS = 50;

export interface LoadResult {
  readonly events: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
}

export interface Sampled extends LoadResult {
  /** Resident memory of the server by second. */
  readonly rss: readonly number[];
}

type Target = Omit<SenderOptions, 'from' | 'connections'> & { readonly pid: number };

let used = 0;

/** Each connection sends its next batch when the last was answered, until the server has used so many CPU-seconds. */
export async function saturate(target: Target, budget: number, level: EventLevel): Promise<LoadResult> {
  const sender = createSender({ ...target, from: '127.0.0.1', connections: CONNECTIONS });
  const times: number[] = [];
  let refused = 0;
  const [began, before] = [performance.now(), await cpuSeconds(target.pid)];
  const state = { spent: false };
  const sending = Array.from({ length: CONNECTIONS }, async () => {
    used += 1;
    const batches = createBatches(used, level);
    while (!state.spent) {
      const { code, ms } = await sender.send(batches.next());
      if (code === 200) times.push(ms);
      else refused += 1;
    }
  });
  while ((await cpuSeconds(target.pid)) - before < budget) await delay(POLL_MS);
  state.spent = true;
  await Promise.all(sending);
  const used2 = (await cpuSeconds(target.pid)) - before;
  sender.close();
  return result(times, refused, used2, performance.now() - began);
}

/** Evenly spaced batches at level Metadata, so many events a second, whatever the answers are. */
export async function pace(target: Target, eventsPerSecond: number, seconds: number): Promise<Sampled> {
  const sender = createSender({ ...target, from: '127.0.0.1', connections: 32 });
  const times: number[] = [];
  const rss: number[] = [];
  let refused = 0;
  const [began, before] = [performance.now(), await cpuSeconds(target.pid)];
  const everyMs = (BATCH_EVENTS / eventsPerSecond) * 1000;
  const free: ReturnType<typeof createBatches>[] = [];
  const underWay = new Set<Promise<void>>();
  for (let sent = 0; sent * everyMs < seconds * 1000; sent += 1) {
    const wait = began + sent * everyMs - performance.now();
    if (wait > 0) await delay(wait);
    if (rss.length < (performance.now() - began) / 1000) rss.push(await rssMiB(target.pid));
    used += 1;
    const batches = free.pop() ?? createBatches(used, 'Metadata');
    const one = sender.send(batches.next()).then(({ code, ms }) => {
      if (code === 200) times.push(ms);
      else refused += 1;
      free.push(batches);
      underWay.delete(one);
    });
    underWay.add(one);
  }
  await Promise.all(underWay);
  const cpu = (await cpuSeconds(target.pid)) - before;
  sender.close();
  return { ...result(times, refused, cpu, performance.now() - began), rss };
}

function result(times: readonly number[], refused: number, cpu: number, ms: number): LoadResult {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? Number.NaN;
  return {
    events: times.length * BATCH_EVENTS,
    cpuSeconds: cpu,
    seconds: ms / 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    refused,
  };
}
