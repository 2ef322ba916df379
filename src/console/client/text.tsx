import type { VNode } from 'preact';
import { textParts } from './text-parts.ts';

/**
 * A foreign text: a name, a reason, a command. Isolated, so that its direction ends with it; what would not be seen stands
 * there as an escape.
 */
export function Text({ children }: { children: string }): VNode {
  return (
    <bdi>
      {textParts(children).map(({ text, hidden }) =>
        hidden ? (
          <span class="escape" title="a character that would not be seen">
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </bdi>
  );
}

/** Such a text of several lines, each of them its own. */
export function Lines({ text }: { text: string }): VNode {
  return (
    <>
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          <span class="line" key={index}>
            <Text>{line}</Text>
            {'\n'}
          </span>
        ))}
    </>
  );
}
