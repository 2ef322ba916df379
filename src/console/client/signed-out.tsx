import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ApiProblem } from '../api.ts';
import { signInLink } from './session.ts';
import { Text } from './text.tsx';

const WORDS = {
  NotSignedIn: { title: 'Sign in to Sallyport', text: 'You see what waits for your approval once you have signed in.' },
  Ended: {
    title: 'Your session has ended',
    text: 'Nothing that you had not sent was sent. Sign in again to come back to this page.',
  },
  Left: { title: 'You have signed out', text: 'You can close this page.' },
} as const;

/** In place of everything: a screen that somebody has left shows nothing more of the cluster. */
export function SignedOut({ why }: { why: keyof typeof WORDS }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text } = WORDS[why];
  const { pathname, search } = window.location;
  useEffect(() => {
    document.title = `${title} · Sallyport`;
    heading.current?.focus();
  }, [title]);
  return (
    <main class="message">
      <div role={why === 'Ended' ? 'alert' : undefined}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p>{text}</p>
      </div>
      <p>
        <a class="button primary" href={signInLink(why === 'Left' ? '/' : pathname + search)}>
          Sign in
        </a>
      </p>
    </main>
  );
}

export function Problem({ problem, onRetry }: { problem: ApiProblem; onRetry: () => void }): VNode {
  return (
    <main class="message">
      <div role="alert">
        <h1>The console cannot be shown</h1>
        <p>
          <Text>{problem.message}</Text>
        </p>
      </div>
      <p>
        <button type="button" class="button primary" onClick={onRetry}>
          Try again
        </button>
      </p>
    </main>
  );
}
