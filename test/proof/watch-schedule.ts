import type { VoteDecision } from '../../src/core/api/kinds.ts';
import type { Draws } from './seeded.ts';

export const COLLECTIONS = ['policies', 'requests', 'votes', 'namespaces'] as const;
export type CollectionName = (typeof COLLECTIONS)[number];

export const COMMANDS = ['ls', 'id'] as const;

/** One thing that happens. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  /** alice tries a command. */
  | { readonly do: 'attempt'; readonly command: string }
  /** Somebody votes on the newest request for a command. */
  | { readonly do: 'vote'; readonly command: string; readonly decision: VoteDecision; readonly by: string }
  /** Enough people approve the newest request for a command, and the controller counts them. */
  | { readonly do: 'approve'; readonly command: string }
  | { readonly do: 'policy'; readonly terms: 'one' | 'two' | 'none' }
  | { readonly do: 'label'; readonly env: 'prod' | 'dev' }
  | { readonly do: 'controller' }
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'stall'; readonly of: CollectionName; readonly ms: number }
  | { readonly do: 'slow'; readonly of: CollectionName; readonly ms: number }
  | { readonly do: 'repeat'; readonly of: CollectionName; readonly count: number }
  | { readonly do: Trouble; readonly of: CollectionName };

/** What a network and an API server that keeps its word may do to a watch. */
const TROUBLES = ['end', 'reset', 'compact', 'garbage', 'cut-off', 'blackHole', 'down', 'up', 'elsewhere'] as const;
/** What an API server that does not keep its word may do as well: nobody can tell what it withholds. */
const LIES = ['drop', 'swap', 'fallBehind', 'catchUp'] as const;
type Trouble = (typeof TROUBLES)[number] | (typeof LIES)[number];

const STEPS_MOST = 60;

/** A schedule of one cluster: people and policies, and beside them everything that goes wrong with watches and clocks. */
export function scheduleOf(draws: Draws, lies: boolean): Step[] {
  const steps: Step[] = [];
  for (const length = draws.between(10, STEPS_MOST); steps.length < length; )
    steps.push(...(draws.next() < AMBUSHES ? [...ambushOf(draws), ...AFTERWARDS] : [stepOf(draws, lies)]));
  return steps;
}

const AFTERWARDS: readonly Step[] = [
  { do: 'up', of: 'policies' },
  ...COLLECTIONS.map((of): Step => ({ do: 'slow', of, ms: 0 })),
];

/** Chance alone seldom makes what is missed matter: so often it is arranged. */
const AMBUSHES = 0.05;

/** Something that opens the gate is taken back just when the replica cannot see it, and is tried when that has lasted. */
function ambushOf(draws: Draws): Step[] {
  const command = draws.oneOf(COMMANDS);
  const attempt: Step = { do: 'attempt', command };
  const known: Step = { do: 'wait', ms: 6_000 };
  const lasts: Step = { do: 'wait', ms: draws.between(8_000, 14_000) };
  const then: Step[] = [lasts, attempt, lasts, attempt];
  switch (draws.oneOf(['namespaces', 'policies', 'votes'])) {
    case 'namespaces':
      return [
        { do: 'label', env: 'dev' },
        known,
        ...blindness(draws, 'namespaces'),
        { do: 'label', env: 'prod' },
        ...then,
      ];
    case 'policies':
      return [
        { do: 'policy', terms: 'none' },
        known,
        ...blindness(draws, 'policies'),
        { do: 'policy', terms: 'one' },
        ...then,
      ];
    case 'votes':
      return [
        attempt,
        { do: 'approve', command },
        known,
        ...blindness(draws, 'votes'),
        { do: 'vote', command, decision: 'Revoke', by: 'carol' },
        lasts,
        attempt,
      ];
  }
}

function blindness(draws: Draws, of: CollectionName): Step[] {
  const silent: Step = { do: 'blackHole', of };
  switch (draws.oneOf(['away', 'stalled', 'slow', 'set back'])) {
    case 'away':
      return [silent, { do: 'down', of }];
    case 'stalled':
      return [{ do: 'stall', of, ms: 30_000 }];
    case 'slow':
      return [silent, { do: 'slow', of, ms: draws.oneOf([9_000, 30_000]) }];
    case 'set back':
      return [silent, { do: 'down', of }, { do: 'jump', ms: draws.oneOf([-600_000, -30_000]) }];
  }
}

function stepOf(draws: Draws, lies: boolean): Step {
  const command = draws.oneOf(COMMANDS);
  const roll = draws.next();
  if (roll < 0.3) return { do: 'attempt', command };
  if (roll < 0.5) return { do: 'wait', ms: draws.between(1, 7_000) };
  if (roll < 0.6) return { do: 'approve', command };
  if (roll < 0.66) {
    const decision = draws.oneOf<VoteDecision>(['Approve', 'Approve', 'Deny', 'Revoke']);
    return { do: 'vote', command, decision, by: draws.oneOf(['bob', 'carol', 'mallory', 'alice']) };
  }
  if (roll < 0.74) return { do: 'controller' };
  if (roll < 0.78) return { do: 'policy', terms: draws.oneOf(['one', 'one', 'two', 'none']) };
  if (roll < 0.81) return { do: 'label', env: draws.oneOf(['prod', 'prod', 'dev']) };
  return faultOf(draws, lies);
}

function faultOf(draws: Draws, lies: boolean): Step {
  const of = draws.oneOf(COLLECTIONS);
  const roll = draws.next();
  if (roll < 0.12) return { do: 'stall', of, ms: draws.between(100, 20_000) };
  if (roll < 0.2) return { do: 'slow', of, ms: draws.oneOf([0, 0, 300, 2_000, 9_000, 30_000]) };
  if (roll < 0.28) return { do: 'repeat', of, count: draws.between(1, 4) };
  if (roll < 0.32) return { do: 'jump', ms: draws.oneOf([-600_000, -30_000, -3_000, 3_000, 30_000, 600_000]) };
  if (lies && roll < 0.6) return { do: draws.oneOf(LIES), of };
  return { do: draws.oneOf(TROUBLES), of };
}
