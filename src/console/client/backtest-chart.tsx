import type { VNode } from 'preact';
import { type PolicyBacktest, seriesOf } from '../../core/backtest/report.ts';

/** Of a bar with its gap, and of the highest one: units of the drawing, which is as wide as there is room. */
const STEP = 10;
const BAR = 7;
const HEIGHT = 100;

/** What is there at all is seen. */
const LEAST = 1.5;

/** One bar a day. Every number of it stands in the table below. */
export function BacktestChart({ policy }: { policy: Pick<PolicyBacktest, 'policy' | 'days'> }): VNode {
  const { labels, held, refused, unknown, most } = seriesOf(policy);
  const width = labels.length * STEP;
  const sentence = (index: number): string =>
    `${labels[index] ?? ''}: ${held[index] ?? 0} held, ${refused[index] ?? 0} refused, ${unknown[index] ?? 0} not told`;
  return (
    <figure class="chart">
      <p class="legend" aria-hidden="true">
        <span class="held">held</span>
        <span class="refused-part">refused</span>
        <span class="unknown">not told by the events</span>
      </p>
      <div class="plot">
        <span class="most" aria-hidden="true">
          {most}
        </span>
        <svg
          role="img"
          aria-label={`Actions by day, ${most} at most on one day; the table by day has the numbers`}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          preserveAspectRatio="none"
        >
          {labels.map((day, index) => {
            const parts = stacked([held[index] ?? 0, refused[index] ?? 0, unknown[index] ?? 0], most);
            return (
              <g key={day}>
                <title>{sentence(index)}</title>
                <rect class="hover" x={index * STEP} y={0} width={STEP} height={HEIGHT} />
                {parts.map(({ y, height }, part) =>
                  height === 0 ? null : (
                    <rect
                      key={part}
                      class={PARTS[part]}
                      x={index * STEP + (STEP - BAR) / 2}
                      y={y}
                      width={BAR}
                      height={height}
                    />
                  ),
                )}
              </g>
            );
          })}
        </svg>
      </div>
      <p class="ends" aria-hidden="true">
        <span>{labels[0]}</span>
        <span>{labels.at(-1)}</span>
      </p>
    </figure>
  );
}

const PARTS = ['held', 'refused-part', 'unknown'] as const;

/** From the ground up. */
function stacked(counts: readonly number[], most: number): readonly { y: number; height: number }[] {
  let top = HEIGHT;
  return counts.map((count) => {
    const height = count === 0 ? 0 : Math.min(top, Math.max(LEAST, (count / Math.max(1, most)) * HEIGHT));
    top -= height;
    return { y: top, height };
  });
}
