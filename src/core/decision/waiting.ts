import type { PolicySpec, Subject } from '../api/kinds.ts';
import { durationSeconds } from '../api/duration.ts';
import type { Problem } from './problem.ts';
import type { RequesterClass } from './requester-class.ts';

/** How long the caller's own command pauses before it is refused, in seconds; 0 refuses at once. */
export interface Waiting {
  readonly connectSeconds: number;
  readonly writeSeconds: number;
}

export const NO_WAITING: Waiting = { connectSeconds: 0, writeSeconds: 0 };

/** kubectl tries an exec twice (WebSocket, then SPDY), and a webhook may take 30 s each time, less R43's margin. */
const LONGEST_CONNECT_SECONDS = 55;

/** client-go sends a refused write again this often (rest.Request maxRetries). */
const RETRIES = 10;

/** Ten waits of six minutes each: nobody leaves a terminal alone for longer. */
const LONGEST_WRITE_SECONDS = 3600;

export function waitingProblems(spec: PolicySpec): Problem[] {
  const fields = [
    {
      path: 'spec.wait.connect',
      text: spec.wait?.connect,
      most: LONGEST_CONNECT_SECONDS,
      why: 'a plain kubectl exec cannot be held for longer',
    },
    { path: 'spec.wait.write', text: spec.wait?.write, most: LONGEST_WRITE_SECONDS, why: 'a client tries ten times' },
  ];
  return fields.flatMap(({ path, text, most, why }) => {
    if (text === undefined) return [];
    const seconds = durationSeconds(text);
    if (seconds === undefined) return [{ path, message: `"${text}" is not a duration such as 0s, 55s or 10m` }];
    return seconds > most ? [{ path, message: `at most ${most}s: ${why}` }] : [];
  });
}

/** What a policy lets this caller wait. With no subjects named, people wait and programs are refused at once. */
export function waitingFor(
  wait: PolicySpec['wait'],
  requester: RequesterClass,
  isSubject: (subject: Subject) => boolean,
): Waiting {
  const subjects = wait?.subjects ?? [];
  const waits = subjects.length === 0 ? requester === 'Human' : subjects.some(isSubject);
  if (!waits) return NO_WAITING;
  return {
    connectSeconds: durationSeconds(wait?.connect ?? '0s') ?? 0,
    writeSeconds: durationSeconds(wait?.write ?? '0s') ?? 0,
  };
}

/** Of several policies the shortest wait: one that refuses at once is obeyed. */
export function shortestWaiting(waits: readonly Waiting[]): Waiting {
  if (waits.length === 0) return NO_WAITING;
  return {
    connectSeconds: Math.min(...waits.map((wait) => wait.connectSeconds)),
    writeSeconds: Math.min(...waits.map((wait) => wait.writeSeconds)),
  };
}

/**
 * Retry-After of a refused write, in seconds; undefined when its time is over. The waits grow by one factor, so that they
 * are quick at first and ten of them span `spanSeconds`. A pure function of the request's age: every replica, and a
 * second command for the same request, goes on at the same place.
 */
export function retryAfterSeconds(ageSeconds: number, spanSeconds: number): number | undefined {
  if (spanSeconds <= 0 || !(ageSeconds < spanSeconds)) return undefined;
  const factor = growthFactor(spanSeconds);
  // After n waits 1, f, f², … the age is (fⁿ-1)/(f-1), and the next wait fⁿ = 1 + age·(f-1).
  const next = Math.ceil(1 + Math.max(ageSeconds, 0) * (factor - 1));
  return Math.max(1, Math.min(next, Math.ceil(spanSeconds - ageSeconds)));
}

/** The factor f with which 1 + f + … + f⁹ is the span; 1 where ten seconds are enough. */
function growthFactor(spanSeconds: number): number {
  if (spanSeconds <= RETRIES) return 1;
  let low = 1;
  let high = 10;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    const span = (middle ** RETRIES - 1) / (middle - 1);
    if (span < spanSeconds) low = middle;
    else high = middle;
  }
  return high;
}
