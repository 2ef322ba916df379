import type { Me } from '../api.ts';
import type { ApiProblem } from '../api.ts';
import type { Answer } from './api-client.ts';

export type Session =
  | { readonly status: 'Loading' }
  | { readonly status: 'SignedIn'; readonly me: Me }
  /** `Ended`: there was a session, and it is over without their doing. */
  | { readonly status: 'SignedOut'; readonly why: 'NotSignedIn' | 'Ended' | 'Left' }
  | { readonly status: 'Failed'; readonly problem: ApiProblem };

export type SessionEvent =
  | { readonly type: 'Answered'; readonly answer: Answer<Me> }
  /** The server knows the session no longer, or its time is over. */
  | { readonly type: 'Ended' }
  | { readonly type: 'Left' }
  | { readonly type: 'Retried' };

export function nextSession(session: Session, event: SessionEvent): Session {
  switch (event.type) {
    case 'Answered':
      if (event.answer.ok) return { status: 'SignedIn', me: event.answer.value };
      return event.answer.status === 401
        ? { status: 'SignedOut', why: 'NotSignedIn' }
        : { status: 'Failed', problem: event.answer.problem };
    case 'Ended':
      return session.status === 'SignedIn' ? { status: 'SignedOut', why: 'Ended' } : session;
    case 'Left':
      return { status: 'SignedOut', why: 'Left' };
    case 'Retried':
      return { status: 'Loading' };
  }
}

/** Signing in, and back to where one was. @param to path and query of this page */
export function signInLink(to: string): string {
  return `/login?to=${encodeURIComponent(to)}`;
}
