import type { Comparison, Sample } from './measure.ts';
import type { PayloadName } from './payloads.ts';

export const US = 'sallyport';

/** The median over the rounds. */
export function ofSamples(
  { samples }: Comparison,
  target: string,
  payload: PayloadName,
  value: (sample: Sample) => number,
): number {
  return median(samples.filter((sample) => sample.target === target && sample.payload === payload).map(value));
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
