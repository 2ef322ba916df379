import { type ComponentChildren, createContext, type VNode } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { utcText } from '../../core/api/utc-text.ts';
import { relativeText } from './time-text.ts';

const SECOND_MS = 1_000;

const Now = createContext(0);

/** One clock for all times on the page, so that they move together. */
export function Clock({ children }: { children: ComponentChildren }): VNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return <Now.Provider value={now}>{children}</Now.Provider>;
}

function useNow(): number {
  return useContext(Now);
}

/** A time beside now, with the exact one to be hovered. @param before such as `expires` */
export function Time({ at, before }: { at: string; before?: string }): VNode | null {
  const now = useNow();
  const exact = utcText(at);
  if (exact === undefined) return null;
  return (
    <time dateTime={at} title={exact}>
      {before === undefined ? '' : `${before} `}
      {relativeText(at, now)}
    </time>
  );
}

interface CountdownProps {
  readonly until: string;
  readonly what: string;
  /** Called once it is over: time alone changes nothing in the cluster, and nobody would tell us. */
  readonly onOver?: () => void;
}

/** Until when; when that is over, said so rather than counted on. */
export function Countdown({ until, what, onOver }: CountdownProps): VNode | null {
  const now = useNow();
  const at = Date.parse(until);
  const over = at <= now;
  useEffect(() => {
    if (over) onOver?.();
    // Once for each deadline, whoever is told.
  }, [over, until]);
  if (Number.isNaN(at)) return null;
  const soon = at - now < 120_000;
  return (
    <time dateTime={until} title={utcText(until)} class={soon ? 'countdown soon' : 'countdown'}>
      {over ? `${what} now` : `${what} ${relativeText(until, now)}`}
    </time>
  );
}
