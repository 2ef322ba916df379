import type { VNode } from 'preact';
import { Text } from './text.tsx';

/** What has just happened, shown and read out. The region stands there from the beginning: only then is it read. */
export function Announcements({ text, onDismiss }: { text: string; onDismiss: () => void }): VNode {
  return (
    <div class="announcements">
      <div role="status" aria-live="polite">
        {text === '' ? null : (
          <p>
            <Text>{text}</Text>
          </p>
        )}
      </div>
      {text === '' ? null : (
        <button type="button" class="quiet" onClick={onDismiss}>
          Dismiss
        </button>
      )}
    </div>
  );
}
