import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Change, Me } from '../api.ts';
import type { Api } from './api-client.ts';
import type { Route } from './route.ts';

/** What every part of the console may need. */
export interface ConsoleContext {
  readonly api: Api;
  readonly me: Me;
  readonly route: Route;
  readonly go: (route: Route, how?: 'Push' | 'Replace') => void;
  /** What changed in the cluster, until what it returns is called. */
  readonly subscribe: (listener: (change: Change | 'All') => void) => () => void;
  /** Shown over the page and read out. */
  readonly announce: (text: string) => void;
  /** Of the request that was open last, to come back to in a list. */
  readonly lastOpened: { current: string | undefined };
  /** Whether the next heading takes the focus: after a way within the page, not when it is loaded. */
  readonly focusHeading: { current: boolean };
}

const Context = createContext<ConsoleContext | undefined>(undefined);

export const ConsoleProvider = Context.Provider;

export function useConsole(): ConsoleContext {
  const value = useContext(Context);
  if (value === undefined) throw new TypeError('not inside a ConsoleProvider');
  return value;
}
