import * as prometheus from '@prometheus-io/client';

/** Every metric of ours begins so. */
const PREFIX = 'sallyport_';

/** Combinations of label values that are shown as 0 from the start; a metric of more would be noise, and is a mistake. */
const MAX_INITIAL_SERIES = 128;

/** How often the use and the lag of the event loop are sampled. At the library's 100 and 10 ms that takes 2 % of a core. */
const UTILIZATION_MS = 5_000;
const LAG_MS = 100;

/** What a label shows for a value that was not declared: labels never grow with what callers send. */
export const OTHER = 'other';

/** The labels of a metric, each with every value that it can have. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** One value for each label. */
export type LabelValues<L extends Labels> = { readonly [Name in keyof L]: L[Name][number] };

interface Declaration<L extends Labels> {
  /** Without the prefix, such as `decisions_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels: L;
}

export interface HistogramDeclaration<L extends Labels> extends Declaration<L> {
  /** Upper bounds, in the unit that the name ends with (`_seconds`, `_bytes`). */
  readonly buckets: readonly number[];
}

export interface Counter<L extends Labels> {
  increment(labels: LabelValues<L>, by?: number): void;
}

export interface Histogram<L extends Labels> {
  observe(labels: LabelValues<L>, value: number): void;
}

export interface Gauge<L extends Labels> {
  set(labels: LabelValues<L>, value: number): void;
}

/** The metrics of one process. Rooms declare theirs once, when they are created. */
export interface Metrics {
  counter<const L extends Labels>(declaration: Declaration<L>): Counter<L>;
  histogram<const L extends Labels>(declaration: HistogramDeclaration<L>): Histogram<L>;
  gauge<const L extends Labels>(declaration: Declaration<L>): Gauge<L>;
  /** The text exposition format, for `/metrics`. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/**
 * A registry of its own, never the library's global one, so that two processes' worth of rooms fit in one test.
 * A name that is declared twice throws: that is a mistake in the program.
 */
export function createMetrics({ processMetrics }: { readonly processMetrics: boolean }): Metrics {
  const registry = new prometheus.Registry();
  if (processMetrics) {
    prometheus.collectDefaultMetrics({
      register: registry,
      eventLoopUtilizationTimeout: UTILIZATION_MS,
      eventLoopMonitoringPrecision: LAG_MS,
    });
  }
  const common = ({ name, help, labels }: Declaration<Labels>) => ({
    name: PREFIX + name,
    help,
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  return {
    counter: (declaration) => {
      const metric = new prometheus.Counter<string>(common(declaration));
      for (const labels of initialSeries(declaration.labels)) metric.inc(labels, 0);
      return { increment: (labels, by = 1) => metric.inc(known(declaration.labels, labels), by) };
    },
    histogram: (declaration) => {
      const metric = new prometheus.Histogram<string>({ ...common(declaration), buckets: [...declaration.buckets] });
      for (const labels of initialSeries(declaration.labels)) metric.zero(labels);
      return { observe: (labels, value) => metric.observe(known(declaration.labels, labels), value) };
    },
    gauge: (declaration) => {
      const metric = new prometheus.Gauge<string>(common(declaration));
      return { set: (labels, value) => metric.set(known(declaration.labels, labels), value) };
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function known(declared: Labels, given: Readonly<Record<string, string>>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, values] of Object.entries(declared)) {
    const value = given[name];
    labels[name] = value !== undefined && values.includes(value) ? value : OTHER;
  }
  return labels;
}

/** A counter that first appears with a 1 shows no increase to `rate()`: so every series begins at 0. */
function initialSeries(labels: Labels): Record<string, string>[] {
  const count = Object.values(labels).reduce((product, values) => product * values.length, 1);
  if (count > MAX_INITIAL_SERIES) throw new Error(`a metric of ${count} series is more than ${MAX_INITIAL_SERIES}`);
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (series, [name, values]) => series.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}
