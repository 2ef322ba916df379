import { ofSamples, table, US } from './figures.ts';
import { type Comparison, perCpuSecond } from './measure.ts';
import type { PayloadName } from './payloads.ts';

interface Aim {
  readonly what: string;
  /** The least, or the most, that is aimed at. */
  readonly least?: number;
  readonly most?: number;
  readonly measured: (comparison: Comparison) => number;
}

const atLeast = (peer: string, payload: PayloadName, least: number): Aim => ({
  what: `${payload}: times ${peer}`,
  least,
  measured: (comparison) => rate(comparison, US, payload) / rate(comparison, peer, payload),
});

/** Of issue 4: ungated reviews. */
const AIMS: readonly Aim[] = [
  atLeast('pepr', 'binding', 5),
  atLeast('pepr', 'deployment-3k', 5),
  atLeast('opa', 'exec', 1.7),
  atLeast('opa', 'deployment-3k', 2.2),
  atLeast('opa', 'deployment-30k', 3),
  atLeast('node-https', 'exec', 0.67),
  atLeast('node-https', 'binding', 0.67),
  atLeast('node-https', 'deployment-3k', 0.67),
  atLeast('node-https', 'deployment-30k', 0.67),
  ...(['exec', 'binding', 'deployment-3k', 'deployment-30k'] as const).map((payload) => ({
    what: `${payload}: p99 in ms at half of saturation`,
    most: 3,
    measured: (comparison: Comparison) => ofSamples(comparison, US, payload, ({ half }) => half.p99Ms),
  })),
  { what: 'peak RSS in MiB', most: 120, measured: (comparison) => comparison.peakRss[US] ?? Number.NaN },
];

/** Each aim with what this run shows; what was not measured is left out. */
export function aims(comparison: Comparison): string[] {
  return table(
    ['Aim', 'aimed at', 'measured', ''],
    AIMS.map((aim) => ({ ...aim, value: aim.measured(comparison) }))
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ what, least = 0, most, value }) => [
        what,
        most === undefined ? `≥ ${least}` : `≤ ${most}`,
        value.toPrecision(3),
        value >= least && value <= (most ?? Infinity) ? 'reached' : 'missed',
      ]),
  );
}

function rate(comparison: Comparison, target: string, payload: PayloadName): number {
  return ofSamples(comparison, target, payload, ({ saturated }) => perCpuSecond(saturated));
}
