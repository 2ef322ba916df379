import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiProblem, Change } from '../api.ts';
import { after } from './after.ts';
import { type Answer, passes } from './api-client.ts';
import { throttle } from './throttle.ts';

/** A busy cluster changes many times in a second; a page that asks each time would be part of the load. */
const RELOAD_MS = 1_000;

/** A server that starts, or has too much to do, is asked again by then. */
const RETRY_MS = 5_000;

export interface Resource<T> {
  /** The last that was loaded; it stays while another is on its way. */
  readonly value: T | undefined;
  /** Why the last attempt failed. */
  readonly problem: { readonly status: number; readonly problem: ApiProblem } | undefined;
  readonly loading: boolean;
}

export interface Loaded<T> extends Resource<T> {
  readonly reload: () => void;
  /** For an answer that came by another way. */
  readonly set: (value: T) => void;
}

const NOTHING: Resource<never> = { value: undefined, problem: undefined, loading: true };

/**
 * What the server says, loaded anew where the key changes and where it changes in the cluster.
 *
 * @param concerns whether a change may be about it; must not change from one rendering to the next
 */
export function useResource<T>(
  key: string,
  load: () => Promise<Answer<T>>,
  subscribe: (listener: (change: Change | 'All') => void) => () => void,
  concerns: (change: Change | 'All') => boolean,
): Loaded<T> {
  const [resource, setResource] = useState<Resource<T>>(NOTHING);
  const latest = useRef({ load, concerns });
  latest.current = { load, concerns };
  // An answer that was overtaken by a later question, or by a vote, is old.
  const turn = useRef(0);

  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    void latest.current.load().then((answer) => {
      if (mine !== turn.current) return;
      if (!answer.ok && passes(answer.status)) {
        after(RETRY_MS, () => {
          if (mine === turn.current) reload();
        });
      }
      setResource((before) =>
        answer.ok
          ? { value: answer.value, problem: undefined, loading: false }
          : { value: before.value, problem: answer, loading: false },
      );
    });
  }, []);

  const set = useCallback(
    (value: T) => {
      setResource({ value, problem: undefined, loading: false });
      // What was on its way may be newer than this, and is told of no more.
      reload();
    },
    [reload],
  );

  useEffect(() => {
    setResource((before) => ({ ...before, loading: true }));
    reload();
    return () => {
      turn.current += 1;
    };
  }, [key, reload]);

  useEffect(() => {
    const reloads = throttle(RELOAD_MS, after, reload);
    const unsubscribe = subscribe((change) => {
      if (latest.current.concerns(change)) reloads.call();
    });
    return () => {
      unsubscribe();
      reloads.stop();
    };
  }, [subscribe, reload]);

  return { ...resource, reload, set };
}
