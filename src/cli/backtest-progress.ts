import { humanDuration } from '../core/api/human-duration.ts';
import type { BacktestProgress } from '../audit/backtest/run-backtest.ts';
import type { Clock } from '../ports/clock.ts';
import type { Streams } from './context.ts';
import { createProgress } from './progress.ts';

/** Often enough to see that it goes on, and too seldom to cost anything. */
const EVERY_MS = 250;

/** `1,204,331 events, 81,000 a second, 40%, 12s left`: on a terminal only. */
export function createBacktestProgress(
  streams: Pick<Streams, 'stderr' | 'stderrIsTTY'>,
  clock: Pick<Clock, 'now'>,
): { show(progress: BacktestProgress): void; end(): void } {
  const line = createProgress(streams);
  const startedAt = clock.now();
  let shownAt = startedAt;
  return {
    show({ events, bytes, totalBytes }) {
      const now = clock.now();
      if (!streams.stderrIsTTY || now - shownAt < EVERY_MS) return;
      shownAt = now;
      const seconds = Math.max(0.001, (now - startedAt) / 1000);
      const rate = `${number(Math.round(events / seconds))} a second`;
      line.show(`${number(events)} events`, [rate, ...ahead(bytes, totalBytes, seconds)].join(', '));
    },
    end: () => line.end(),
  };
}

function ahead(bytes: number, totalBytes: number | undefined, seconds: number): readonly string[] {
  if (totalBytes === undefined || totalBytes === 0 || bytes === 0) return [];
  // A log that is being written grows.
  const part = Math.min(1, bytes / totalBytes);
  const left = (seconds / part) * (1 - part);
  return [`${Math.floor(part * 100)}%`, `${humanDuration(left * 1000)} left`];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
