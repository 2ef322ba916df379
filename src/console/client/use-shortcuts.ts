import { useEffect, useState } from 'preact/hooks';

/** Who uses a voice or a switch types single letters without meaning them (WCAG 2.1.4): they can be turned off. */
const STORED = 'sallyport.single-keys';

export interface Shortcuts {
  readonly enabled: boolean;
  readonly onEnabled: (enabled: boolean) => void;
}

/** Keys of the whole page: `j` and `k` in a list, `/` to its search, `?` to this help. */
export function useShortcuts(onHelp: () => void): Shortcuts {
  const [enabled, setEnabled] = useState(() => window.localStorage.getItem(STORED) !== 'off');
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (act(event.key, onHelp)) event.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [enabled, onHelp]);
  return {
    enabled,
    onEnabled: (next) => {
      window.localStorage.setItem(STORED, next ? 'on' : 'off');
      setEnabled(next);
    },
  };
}

function act(key: string, onHelp: () => void): boolean {
  switch (key) {
    case 'j':
      return moveInList(1);
    case 'k':
      return moveInList(-1);
    case '/':
      return focused(document.querySelector<HTMLElement>('input[type=search]'));
    case '?':
      onHelp();
      return true;
    default:
      return false;
  }
}

function moveInList(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('a.row-link')];
  const at = rows.findIndex((row) => row === document.activeElement);
  return focused(at === -1 ? rows.at(step === 1 ? 0 : -1) : rows[Math.min(rows.length - 1, Math.max(0, at + step))]);
}

function focused(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  return element !== null && element !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type=checkbox]), textarea, select') !== null;
}
