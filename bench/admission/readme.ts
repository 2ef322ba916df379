import { readFile, writeFile } from 'node:fs/promises';
import { type Growth, GROWTH_PAYLOADS } from './grow.ts';
import { type Comparison, type Effort, perCpuSecond } from './measure.ts';
import { PAYLOADS, type PayloadName, ungated } from './payloads.ts';

export interface Results {
  readonly measuredAt: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly effort: Effort;
  /** Descriptions by name, in the order of the table. */
  readonly targets: Readonly<Record<string, string>>;
  readonly comparison: Comparison;
  readonly growth: Growth;
}

const US = 'sallyport';
const BEGIN = '<!-- begin: written by make bench -->';
const END = '<!-- end: written by make bench -->';

/** Puts the tables of a run between the two markers of the page. */
export async function writeReadme(file: string, results: Results): Promise<void> {
  const page = await readFile(file, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no markers to write between`);
  await writeFile(file, `${before}${BEGIN}\n\n${render(results)}\n${END}${after}`);
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
    ...growth(results),
    '',
  ].join('\n');
}

function payloadsOf({ samples }: Comparison): PayloadName[] {
  return PAYLOADS.filter((name) => samples.some(({ payload }) => payload === name));
}

function throughput({ targets, comparison }: Results): string[] {
  const names = Object.keys(targets);
  const rate = (target: string, payload: PayloadName): number => {
    const ofBoth = comparison.samples.filter((sample) => sample.target === target && sample.payload === payload);
    return median(ofBoth.map(({ saturated }) => perCpuSecond(saturated)));
  };
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
    const ofBoth = comparison.samples.filter((sample) => sample.target === target && sample.payload === payload);
    return median(ofBoth.map(({ half }) => half[which])).toFixed(2);
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
