import type { VNode } from 'preact';
import type { RequestDetail } from '../api.ts';
import { contentLines, type LineKind } from './content-lines.ts';
import { Text } from './text.tsx';

/** Read out before a line of a diff: its sign is not. */
const SPOKEN: Readonly<Record<LineKind, string>> = { Added: 'added: ', Removed: 'removed: ', Same: '' };

/** What will run or change. Can be reached by keyboard: a long line scrolls inside. */
export function Content({ content }: { content: NonNullable<RequestDetail['content']> }): VNode {
  const title = content.kind === 'Command' ? 'Command' : 'Changes';
  return (
    <section class="content">
      <h2>{title}</h2>
      <pre class={content.kind.toLowerCase()} tabIndex={0} role="region" aria-label={title}>
        {contentLines(content).map(({ kind, text }, index) => (
          <span class={`line ${kind.toLowerCase()}`} key={index}>
            {SPOKEN[kind] === '' ? null : <span class="unseen">{SPOKEN[kind]}</span>}
            <Text>{text}</Text>
            {'\n'}
          </span>
        ))}
      </pre>
      {content.omitted === undefined ? null : (
        <p class="omitted">
          Not all of it is shown: <Text>{content.omitted}</Text>
        </p>
      )}
    </section>
  );
}
