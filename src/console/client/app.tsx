import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useReducer } from 'preact/hooks';
import type { Me } from '../api.ts';
import { createApi } from './api-client.ts';
import { Clock } from './clock.tsx';
import { Frame } from './frame.tsx';
import { nextSession, type Session } from './session.ts';
import { Problem, SignedOut } from './signed-out.tsx';

/** Tabs of one browser, which have one session. */
const SIGN_OUTS = 'sallyport.sign-outs';

/** The page: who is signed in sees the console, who is not sees where to sign in. */
export function App(): VNode {
  const [session, tell] = useReducer(nextSession, { status: 'Loading' } satisfies Session as Session);
  const ended = useCallback(() => tell({ type: 'Ended' }), []);
  const known = useCallback((me: Me) => tell({ type: 'Answered', answer: { ok: true, value: me } }), []);
  const api = useMemo(() => createApi((input, init) => fetch(input, init), ended), [ended]);

  useEffect(() => {
    if (session.status !== 'Loading') return;
    void api.me().then((answer) => tell({ type: 'Answered', answer }));
  }, [api, session.status]);

  // Whoever signs out in one tab leaves the others at once too; the server says whether it is so.
  const tabs = useMemo(() => new BroadcastChannel(SIGN_OUTS), []);
  useEffect(() => {
    const hear = (): void => void api.me();
    tabs.addEventListener('message', hear);
    return () => tabs.removeEventListener('message', hear);
  }, [api, tabs]);
  const left = (): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel reaches its own origin alone
    tabs.postMessage('Left');
    tell({ type: 'Left' });
  };

  switch (session.status) {
    case 'Loading':
      return <main class="message" aria-busy="true" />;
    case 'Failed':
      return <Problem problem={session.problem} onRetry={() => tell({ type: 'Retried' })} />;
    case 'SignedOut':
      return <SignedOut why={session.why} />;
    case 'SignedIn':
      return (
        <Clock>
          <Frame api={api} me={session.me} onMe={known} onEnded={ended} onLeft={left} />
        </Clock>
      );
  }
}
