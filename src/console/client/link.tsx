import type { ComponentChildren, VNode } from 'preact';
import { useConsole } from './console-context.ts';
import { pathOf, type Route } from './route.ts';

interface Props {
  readonly to: Route;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
  /** The id of what tells it from others of the same words. */
  readonly describedBy?: string;
  /** Of the request that it leads to. */
  readonly uid?: string;
}

/** A link to a page of ours; there are no others. */
export function Link({ to, children, current, uid, describedBy, ...rest }: Props): VNode {
  const { go, lastOpened } = useConsole();
  function follow(event: MouseEvent): void {
    lastOpened.current = uid ?? lastOpened.current;
    // Another window, or a download, is the browser's matter.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  }
  return (
    <a
      {...rest}
      href={pathOf(to)}
      onClick={follow}
      aria-current={current === true ? 'page' : undefined}
      aria-describedby={describedBy}
    >
      {children}
    </a>
  );
}
