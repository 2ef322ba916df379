import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { RequestDetail } from '../api.ts';
import { contentLines, type LineKind } from './content-lines.ts';
import { Text } from './text.tsx';

/** Read out before a line of a diff: its sign is not. */
const SPOKEN: Readonly<Record<LineKind, string>> = { Added: 'added: ', Removed: 'removed: ', Same: '' };

/** More than this scroll inside a frame, until they are unfolded. */
const FOLDED_LINES = 20;

/** What will run or change. Can be reached by keyboard: a long line scrolls inside. */
export function Content({ content }: { content: NonNullable<RequestDetail['content']> }): VNode {
  const [unfolded, setUnfolded] = useState(false);
  const lines = contentLines(content);
  const title = content.kind === 'Command' ? 'Command' : 'Changes';
  return (
    <section class="content">
      <h2>{title}</h2>
      <pre
        class={`${content.kind.toLowerCase()}${unfolded ? ' unfolded' : ''}`}
        tabIndex={0}
        role="region"
        aria-label={title}
      >
        {lines.map(({ kind, text }, index) => (
          <span class={`line ${kind.toLowerCase()}`} key={index}>
            {SPOKEN[kind] === '' ? null : <span class="unseen">{SPOKEN[kind]}</span>}
            <Text>{text}</Text>
            {'\n'}
          </span>
        ))}
      </pre>
      {lines.length <= FOLDED_LINES ? null : (
        <p>
          {lines.length} lines{' '}
          <button type="button" class="quiet" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
            {unfolded ? 'Fold' : 'Unfold all of them'}
          </button>
        </p>
      )}
      {content.omitted === undefined ? null : (
        <p class="omitted">
          Not all of it is shown: <Text>{content.omitted}</Text>
        </p>
      )}
    </section>
  );
}
