import type { VNode } from 'preact';
import type { Share } from '../../core/backtest/report.ts';
import { Text } from './text.tsx';

export type Row = readonly (string | number)[];

/** A table with a title; texts are foreign. It may be wider than the window, and is moved by itself then. */
export function Counts({
  title,
  heads,
  rows,
}: {
  title: string;
  heads: readonly string[];
  rows: readonly Row[];
}): VNode {
  return (
    <div class="table" role="region" aria-label={title} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={typeof cell === 'number' ? 'number' : ''}>
                  {typeof cell === 'number' ? cell.toLocaleString('en') : <Text>{cell}</Text>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Shares({ title, rows }: { title: string; rows: readonly Share[] }): VNode | null {
  if (rows.length === 0) return null;
  return (
    <Counts
      title={`By ${title.toLowerCase()}`}
      heads={[title, 'Held', 'Refused', 'Not told']}
      rows={rows.map(({ name, held, refused, unknown }): Row => [name, held, refused, unknown])}
    />
  );
}
