import { hash } from 'node:crypto';

/** A system whose every behaviour is looked at. States are values: nothing may change one. */
export interface Model<S> {
  readonly initial: S;
  /** Equal for states that behave alike from here on. */
  key(state: S): string;
  /** Every step that can be taken from a state. Throws where what it sees must not be. */
  steps(state: S): Iterable<Step<S>>;
}

export interface Step<S> {
  readonly label: string;
  readonly to: S;
}

export interface Explored {
  readonly states: number;
  readonly steps: number;
  /** Steps of the longest of the shortest ways to a state. */
  readonly depth: number;
}

/** More than this is a model that does not end. */
const STATES_LIMIT = 5_000_000;

interface Arrival {
  readonly from: string | undefined;
  readonly label: string;
}

/**
 * Visits every reachable state once, the nearest first, so that the way to a counterexample is a shortest one.
 *
 * @throws Error with the way to the state from which `steps` threw
 */
export function explore<S>(model: Model<S>): Explored {
  const keyOf = (state: S): string => hash('sha256', model.key(state), 'base64url');
  const initial = keyOf(model.initial);
  const arrivals = new Map<string, Arrival>([[initial, { from: undefined, label: 'opened' }]]);
  let frontier: (readonly [string, S])[] = [[initial, model.initial]];
  let steps = 0;
  let depth = 0;
  while (frontier.length > 0) {
    const next: (readonly [string, S])[] = [];
    for (const [key, state] of frontier) {
      try {
        for (const step of model.steps(state)) {
          steps += 1;
          const reached = keyOf(step.to);
          if (arrivals.has(reached)) continue;
          arrivals.set(reached, { from: key, label: step.label });
          next.push([reached, step.to]);
        }
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new Error([message, ...wayTo(arrivals, key)].join('\n  '), { cause });
      }
      if (arrivals.size > STATES_LIMIT) throw new Error(`more than ${STATES_LIMIT} states`);
    }
    if (next.length > 0) depth += 1;
    frontier = next;
  }
  return { states: arrivals.size, steps, depth };
}

function wayTo(arrivals: ReadonlyMap<string, Arrival>, end: string): string[] {
  const way: string[] = [];
  for (let key: string | undefined = end; key !== undefined; ) {
    const arrival = arrivals.get(key);
    way.unshift(arrival?.label ?? '?');
    key = arrival?.from;
  }
  return way;
}
