import { expect, test } from 'vitest';
import { nextSession, type Session, type SessionEvent, signInLink } from './session.ts';

const me = { username: 'bob', groups: [], csrfToken: 't', expiresAt: '2026-11-21T12:00:00Z' };
const signedIn: Session = { status: 'SignedIn', me };
const refused = (status: number): SessionEvent => ({
  type: 'Answered',
  answer: { ok: false, status, problem: { code: 'X', message: 'no' } },
});

const CASES: Readonly<Record<string, [before: Session, event: SessionEvent, after: Session]>> = {
  'who is known is signed in': [{ status: 'Loading' }, { type: 'Answered', answer: { ok: true, value: me } }, signedIn],
  'who is not known is asked to sign in': [
    { status: 'Loading' },
    refused(401),
    { status: 'SignedOut', why: 'NotSignedIn' },
  ],
  'a server that fails has not signed anybody out': [
    { status: 'Loading' },
    refused(503),
    { status: 'Failed', problem: { code: 'X', message: 'no' } },
  ],
  'a session that was there has ended': [signedIn, { type: 'Ended' }, { status: 'SignedOut', why: 'Ended' }],
  'a session that was never there has not': [{ status: 'Loading' }, { type: 'Ended' }, { status: 'Loading' }],
  'the end of a session that was left stays a leave': [
    { status: 'SignedOut', why: 'Left' },
    { type: 'Ended' },
    { status: 'SignedOut', why: 'Left' },
  ],
  'another try': [
    { status: 'Failed', problem: { code: 'X', message: 'no' } },
    { type: 'Retried' },
    { status: 'Loading' },
  ],
};

test.each(Object.entries(CASES))('%s', (_, [before, event, after]) => {
  expect(nextSession(before, event)).toEqual(after);
});

test('the way back is one value of the query', () => {
  expect(signInLink('/all?q=a&state=Denied')).toBe('/login?to=%2Fall%3Fq%3Da%26state%3DDenied');
});
