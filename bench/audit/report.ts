import { cpus } from 'node:os';
import { median, table } from '../admission/figures.ts';
import { BATCH_EVENTS, createBatches, EVENT_LEVELS, type EventLevel } from './batches.ts';
import type { LoadResult, Sampled } from './load.ts';
import { slopeOf } from './slope.ts';

/** What the defaults of one API server allow: ten batches of 400 a second. */
export const CEILING = 4_000;

/** DESIGN: durable events against the parse-only floor. */
const AIM = 0.55;
/** One core takes four times what three API servers may send. */
const AIM_EVENTS = 4 * 3 * CEILING;

type Side = 'floor' | 'ours';

/** One measurement of each, one behind the other. */
export type Pair = Readonly<Record<Side, LoadResult>> & { readonly level: EventLevel };

/** Markdown for bench/README.md. */
export function report(pairs: readonly Pair[], atCeiling: Sampled, peakMiB: number): string {
  const warm = atCeiling.rss.slice(Math.floor(atCeiling.rss.length / 4));
  const slope = slopeOf(warm);
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ` +
      `${pairs.length / EVENT_LEVELS.length} pairs of each level, medians; batches of ${BATCH_EVENTS} events.`,
    '',
    ...table(
      ['Events a CPU-second', 'bytes of one', 'median (least to most)', 'p50 / p99 of a batch in ms'],
      EVENT_LEVELS.flatMap((level) => [
        [`${level}: parse only`, bytesOfOne(level), spread(pairs, level, 'floor'), latency(pairs, level, 'floor')],
        [`${level}: receiver, durable`, bytesOfOne(level), spread(pairs, level, 'ours'), latency(pairs, level, 'ours')],
      ]),
    ),
    '',
    ...table(
      ['At 4,000 events/s', 'measured'],
      [
        ['CPU', `${((atCeiling.cpuSeconds / atCeiling.seconds) * 100).toFixed(1)} % of a core`],
        ['p50 / p99 of a batch', `${atCeiling.p50Ms.toFixed(1)} / ${atCeiling.p99Ms.toFixed(1)} ms`],
        ['batches refused', `${atCeiling.refused} of ${atCeiling.refused + atCeiling.events / BATCH_EVENTS}`],
        [
          'resident memory, first and last second',
          `${number(atCeiling.rss[0] ?? 0)} and ${number(atCeiling.rss.at(-1) ?? 0)} MiB`,
        ],
        [
          'slope after the first quarter',
          `${(slope * 60).toFixed(2)} MiB a minute, over ${warm.length} s: least ${number(Math.min(...warm))}, most ${number(Math.max(...warm))} MiB`,
        ],
        ['peak, the saturated rounds included', `${number(peakMiB)} MiB`],
      ],
    ),
    '',
    ...table(
      ['Aim', 'aimed at', 'measured', ''],
      EVENT_LEVELS.flatMap((level) => aims(pairs, level)),
    ),
    '',
  ].join('\n');
}

export function perCpuSecond({ events, cpuSeconds }: LoadResult): number {
  return events / cpuSeconds;
}

export function ratioOf({ floor, ours }: Pair): number {
  return perCpuSecond(ours) / perCpuSecond(floor);
}

export function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function bytesOfOne(level: EventLevel): string {
  return number(createBatches(0, level).next().length / BATCH_EVENTS);
}

function results(pairs: readonly Pair[], level: EventLevel, of: Side): readonly LoadResult[] {
  return pairs.filter((pair) => pair.level === level).map((pair) => pair[of]);
}

function spread(pairs: readonly Pair[], level: EventLevel, of: Side): string {
  const rates = results(pairs, level, of).map(perCpuSecond);
  return `${number(median(rates))} (${number(Math.min(...rates))} to ${number(Math.max(...rates))})`;
}

function latency(pairs: readonly Pair[], level: EventLevel, of: Side): string {
  const all = results(pairs, level, of);
  return `${median(all.map(({ p50Ms }) => p50Ms)).toFixed(1)} / ${median(all.map(({ p99Ms }) => p99Ms)).toFixed(1)}`;
}

function aims(pairs: readonly Pair[], level: EventLevel): readonly (readonly string[])[] {
  const ratio = median(pairs.filter((pair) => pair.level === level).map(ratioOf));
  const durable = median(results(pairs, level, 'ours').map(perCpuSecond));
  const verdict = (reached: boolean): string => (reached ? 'reached' : 'missed');
  return [
    [`${level}, durable: times parse only`, `≥ ${AIM}`, ratio.toFixed(3), verdict(ratio >= AIM)],
    [
      `${level}, durable: events a CPU-second`,
      `≥ ${number(AIM_EVENTS)}`,
      number(durable),
      verdict(durable >= AIM_EVENTS),
    ],
  ];
}
