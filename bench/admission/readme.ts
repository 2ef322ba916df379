import { readFile, writeFile } from 'node:fs/promises';
import { aims } from './aims.ts';
import type { Asking } from './asking.ts';
import { type Growth, GROWTH_PAYLOADS } from './grow.ts';
import type { LoadResult } from './load-job.ts';
import { type Comparison, type Effort, perCpuSecond } from './measure.ts';
import { ofSamples, table, US } from './figures.ts';
import { PAYLOADS, type PayloadName, ungated } from './payloads.ts';

export interface Results {
  readonly measuredAt: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly effort: Effort;
  /** Descriptions by name, in the order of the table. */
  readonly targets: Readonly<Record<string, string>>;
  readonly comparison: Comparison;
  readonly asking: readonly Asking[];
  readonly growth: Growth;
}

const BEGIN = '<!-- begin: written by make bench -->';
const END = '<!-- end: written by make bench -->';

/** Puts text of a run between the two markers of a page. */
export async function writeSection(file: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no markers to write between`);
  await writeFile(file, `${before}${BEGIN}\n\n${text}\n${END}${after}`);
}

export function render(results: Results): string {
  const { machine, effort, measuredAt } = results;
  return [
    `Measured ${measuredAt.slice(0, 10)} on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, ` +
      `${effort.rounds} rounds of ${effort.seconds} s, medians; ungated reviews.`,
    '',
    ...throughput(results),
    '',
    ...latency(results),
    '',
    ...askingTable(results),
    '',
    ...growth(results),
    '',
    ...aims(results.comparison),
    '',
  ].join('\n');
}

/** For the front page: how many reviews a CPU-second takes, and what the process needs. */
export function renderShort(results: Results): string {
  const { comparison, measuredAt } = results;
  const p99 = payloadsOf(comparison).map((payload) => ofSamples(comparison, US, payload, ({ half }) => half.p99Ms));
  return [
    ...throughput(results),
    '',
    `Measured ${measuredAt.slice(0, 10)}, ungated reviews; p99 at half of saturation ${Math.max(...p99).toFixed(1)} ms at most, ` +
      `peak memory ${Math.round(comparison.peakRss[US] ?? Number.NaN)} MiB.`,
    '',
  ].join('\n');
}

function payloadsOf({ samples }: Comparison): PayloadName[] {
  return PAYLOADS.filter((name) => samples.some(({ payload }) => payload === name));
}

function throughput({ targets, comparison }: Results): string[] {
  const names = Object.keys(targets);
  const rate = (target: string, payload: PayloadName): number =>
    ofSamples(comparison, target, payload, ({ saturated }) => perCpuSecond(saturated));
  return table(
    ['Reviews a CPU-second', 'bytes', ...names.map((name) => (name === US ? name : `${name} (ours/theirs)`))],
    payloadsOf(comparison).map((payload) => {
      const ours = rate(US, payload);
      return [
        payload,
        String(ungated(payload).body.length),
        ...names.map((name) => {
          const figure = Math.round(rate(name, payload)).toLocaleString('en');
          return name === US ? figure : `${figure} (${(ours / rate(name, payload)).toFixed(2)})`;
        }),
      ];
    }),
  );
}

function latency({ targets, comparison }: Results): string[] {
  const names = Object.keys(targets);
  const at = (target: string, payload: PayloadName, which: 'p50Ms' | 'p99Ms'): string => {
    return ofSamples(comparison, target, payload, ({ half }) => half[which]).toFixed(2);
  };
  return table(
    ['p50 / p99 in ms at half of saturation', ...names],
    [
      ...payloadsOf(comparison).map((payload) => [
        payload,
        ...names.map((name) => `${at(name, payload, 'p50Ms')} / ${at(name, payload, 'p99Ms')}`),
      ]),
      ['peak RSS in MiB', ...names.map((name) => String(Math.round(comparison.peakRss[name] ?? Number.NaN)))],
    ],
  );
}

function askingTable({ asking }: Results): string[] {
  const cell = (result: LoadResult | undefined): string =>
    result === undefined
      ? ''
      : `${Math.round(perCpuSecond(result)).toLocaleString('en')} (${result.p50Ms.toFixed(1)} / ${result.p99Ms.toFixed(1)})`;
  return table(
    ['Gated reviews a CPU-second (p50 / p99 in ms, 25 at once)', 'first: a request is opened', 'refused', 'approved'],
    asking.map(({ target, opened, refused, approved }) => [target, cell(opened), cell(refused), cell(approved)]),
  );
}

function growth({ growth: { before, after, pending, policies } }: Results): string[] {
  const row = (name: string, figures: Growth['before']): string[] => [
    name,
    ...GROWTH_PAYLOADS.map((payload) => Math.round(figures.perCpuSecond[payload] ?? Number.NaN).toLocaleString('en')),
    String(Math.round(figures.peakRss)),
  ];
  return table(
    ['Sallyport alone', ...GROWTH_PAYLOADS.map((payload) => `${payload} a CPU-second`), 'peak RSS in MiB'],
    [
      row('3 policies, 0 Pending', before),
      row(`${policies + 3} policies, ${pending.toLocaleString('en')} Pending`, after),
    ],
  );
}
