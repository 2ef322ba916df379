import { load } from './load.ts';
import type { LoadResult } from './load-job.ts';
import { type PayloadName, ungated } from './payloads.ts';
import { peakRssMiB } from './process-usage.ts';
import type { Target } from './target.ts';

export interface Effort {
  readonly rounds: number;
  /** Of one measurement: CPU-seconds of the server when saturated, seconds of the clock at half of that. */
  readonly seconds: number;
}

/** One target under one payload in one round. */
export interface Sample {
  readonly target: string;
  readonly payload: PayloadName;
  readonly round: number;
  /** 25 connections, each with the next review as soon as it has an answer. */
  readonly saturated: LoadResult;
  /** Half of that rate, evenly spaced. */
  readonly half: LoadResult;
}

export interface Comparison {
  readonly samples: readonly Sample[];
  /** MiB by target, at the end of all rounds. */
  readonly peakRss: Readonly<Record<string, number>>;
}

/** JIT compilers and connection pools are warm before the first sample. */
const WARMUP_CPU_SECONDS = 2;
const REWARM_CPU_SECONDS = 0.1;

/** All targets in turn, A B C … A B C …, payload by payload: whatever else the machine does meets all of them. */
export async function compare(
  targets: readonly Target[],
  payloads: readonly PayloadName[],
  { rounds, seconds }: Effort,
  log: (line: string) => void,
): Promise<Comparison> {
  for (const target of targets) {
    for (const payload of payloads) await saturate(target, payload, 0, WARMUP_CPU_SECONDS);
  }
  const samples: Sample[] = [];
  for (const payload of payloads) {
    for (let round = 1; round <= rounds; round += 1) {
      for (const target of targets) {
        const saturated = await saturate(target, payload, REWARM_CPU_SECONDS, seconds);
        const perSecond = saturated.requests / saturated.seconds / 2;
        const half = await load({ ...job(target, payload), pace: { kind: 'Open', seconds, perSecond } });
        samples.push({ target: target.name, payload, round, saturated, half });
        log(
          `${payload} ${round}/${rounds} ${target.name}: ${Math.round(perCpuSecond(saturated))} a CPU-second, ` +
            `p50 ${half.p50Ms.toFixed(2)} ms, p99 ${half.p99Ms.toFixed(2)} ms at ${Math.round(perSecond)}/s`,
        );
      }
    }
  }
  const peaks = targets.map(async ({ name, pid }) => [name, await peakRssMiB(pid)] as const);
  return { samples, peakRss: Object.fromEntries(await Promise.all(peaks)) };
}

export function perCpuSecond({ requests, cpuSeconds }: LoadResult): number {
  return requests / cpuSeconds;
}

/** Requests per CPU-second of one target alone. */
export async function saturate(
  target: Target,
  payload: PayloadName,
  warmupCpuSeconds: number,
  cpuSeconds: number,
): Promise<LoadResult> {
  return await load({ ...job(target, payload), pace: { kind: 'Closed', warmupCpuSeconds, cpuSeconds } });
}

function job(target: Target, name: PayloadName) {
  const payload = ungated(name);
  const { authority, pid } = target;
  return { url: target.url(payload.class), authority, pid, bodies: [payload.body], allowed: true };
}
