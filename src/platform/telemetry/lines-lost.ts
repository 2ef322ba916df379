import type { Metrics } from './metrics.ts';

/** The decision log is a record: whoever relies on it must see that it has gaps. */
export function countLinesLost(metrics: Metrics): (lines: number) => void {
  const lost = metrics.counter({
    name: 'log_lines_dropped_total',
    help: 'Lines of the log that were not written, because nobody read them or there was no room.',
    labels: {},
  });
  return (lines) => lost.increment({}, lines);
}
