import type { RefObject, VNode } from 'preact';
import type { Shortcuts } from './use-shortcuts.ts';

const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['j', 'to the next request in the list'],
  ['k', 'to the one before'],
  ['Enter', 'open it, or press the button that has the focus'],
  ['/', 'to the search of a list (what waits for you has none)'],
  ['Escape', 'close a dialog without doing anything'],
  ['Ctrl Enter', 'in a dialog: confirm'],
  ['?', 'show these keys'],
];

export function HelpDialog({
  dialog,
  enabled,
  onEnabled,
}: { dialog: RefObject<HTMLDialogElement | null> } & Shortcuts): VNode {
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label>
          <input type="checkbox" checked={enabled} onChange={(event) => onEnabled(event.currentTarget.checked)} /> Keys
          that are a single letter or sign
        </label>
      </p>
      <form method="dialog" class="dialog-actions">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
