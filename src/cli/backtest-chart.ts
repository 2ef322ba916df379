import { type PolicyBacktest, seriesOf } from '../core/backtest/report.ts';
import type { Paint } from './paint.ts';

const WIDTH = 40;
/** A month fits a terminal. */
const DAYS = 31;

/** One bar a day: `█` held, `▓` refused, `░` unknown. The latest days where there are more than a month. */
export function backtestChart(policy: Pick<PolicyBacktest, 'days'>, paint: Paint): string {
  const days = policy.days.slice(-DAYS);
  const { labels, held, refused, unknown, most } = seriesOf({ days });
  const earlier = policy.days.length - days.length;
  const rows = labels.map((label, index) => {
    const [a = 0, b = 0, c = 0] = [held[index], refused[index], unknown[index]];
    const cells = shareOut([a, b, c], most);
    const bar = [
      paint('waiting', '█'.repeat(cells[0] ?? 0)),
      paint('bad', '▓'.repeat(cells[1] ?? 0)),
      '░'.repeat(cells[2] ?? 0),
    ].join('');
    const number = a + b + c === 0 ? '' : ` ${a + b}${c === 0 ? '' : `+${c}`}`;
    return `${label} ${bar}${number}`.trimEnd();
  });
  const more = earlier === 0 ? [] : [`(${earlier} earlier days: -o json)`];
  return [...more, ...rows, '█ held  ▓ refused  ░ not told'].map((line) => `${line}\n`).join('');
}

/** Characters of each part of a bar; what is there at all has one. */
function shareOut(parts: readonly number[], most: number): readonly number[] {
  return parts.map((part) => (part === 0 ? 0 : Math.max(1, Math.round((part / most) * WIDTH))));
}
