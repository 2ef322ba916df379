import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { API_ROOT, type Change } from '../api.ts';
import { after } from './after.ts';
import type { Api } from './api-client.ts';
import { type Connection, followChanges } from './follow-changes.ts';

type Listener = (change: Change | 'All') => void;

export interface Feed {
  readonly connection: Connection;
  /** Since when the server has not reached the API server. */
  readonly staleSince: string | undefined;
  readonly subscribe: (listener: Listener) => () => void;
}

/** The stream of changes of this page, and how it stands. */
export function useFeed(api: Api): Feed {
  const [connection, setConnection] = useState<Connection>('Connecting');
  const [staleSince, setStaleSince] = useState<string | undefined>(undefined);
  const listeners = useRef(new Set<Listener>());

  useEffect(
    () =>
      followChanges({
        open: () => new EventSource(`${API_ROOT}/stream`),
        onChange: (change) => {
          for (const listener of listeners.current) listener(change);
        },
        onConnection: setConnection,
        onStale: setStaleSince,
        signedIn: async () => {
          const answer = await api.me();
          return answer.ok || answer.status !== 401;
        },
        after,
        random: Math.random,
      }),
    [api],
  );

  const subscribe = useCallback((listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  return { connection, staleSince, subscribe };
}
