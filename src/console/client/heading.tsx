import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { printable } from '../../core/attributes/printable.ts';
import { useConsole } from './console-context.ts';

interface Props {
  readonly children: ComponentChildren;
  /** Of the tab, raw. */
  readonly title: string;
  /** How many requests wait: the tab says it while another one is in front. */
  readonly total: number;
}

const LONGEST_TITLE = 100;

/** The heading of a page: takes the focus after a way within the console, so that a screen reader begins there. */
export function Heading({ children, title, total }: Props): VNode {
  const { focusHeading } = useConsole();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${total === 0 ? '' : `(${total}) `}${printable(title).slice(0, LONGEST_TITLE)} · Sallyport`;
  }, [title, total]);
  useEffect(() => {
    if (!focusHeading.current) return;
    focusHeading.current = false;
    heading.current?.focus();
  }, [focusHeading]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
