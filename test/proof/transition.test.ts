import { describe, expect, test } from 'vitest';
import type { RequestStatus } from '../../src/core/api/kinds.ts';
import { ENDED } from '../../src/core/approval/approval-state.ts';
import { transition } from '../../src/core/approval/transition.ts';
import { type Edge, OF_ALL, OF_STEPS } from './approval-rules.ts';
import { happenings, type Node, type Scenario, stateOf } from './approval-scenario.ts';
import { explore, type Model, type Step } from './explore.ts';
import { LARGE_SCENARIOS, SCENARIOS } from './scenarios.ts';
import { proofSize } from './size.ts';

/** What was met on the way, so that a rule about nothing does not pass for one that is kept. */
interface Met {
  readonly states: Set<string>;
  readonly refusals: Set<string>;
}

function modelOf(scenario: Scenario, met: Met): Model<Node> {
  return {
    initial: { status: {}, clock: 0 },
    key: ({ status, clock }) => `${clock} ${JSON.stringify(status)}`,
    *steps(before): Generator<Step<Node>> {
      const next = scenario.moments[before.clock + 1];
      if (next !== undefined && !isOver(before.status))
        yield { label: `${next} s`, to: { ...before, clock: before.clock + 1 } };
      for (const happening of happenings(scenario, before)) {
        const result = transition(stateOf(scenario, before.status), happening.event, happening.now);
        const after = result.ok ? result.status : before.status;
        check({ ...happening, scenario, before, result, after });
        met.states.add(after.state ?? 'Pending');
        if (result.ok) yield { label: happening.label, to: { ...before, status: after } };
        else met.refusals.add(result.refusal);
      }
    },
  };
}

/** Later is no different from now: but a use may be repeated, and a broken glass be seen to. */
function isOver({ state, conditions = [] }: RequestStatus): boolean {
  return ENDED.has(state ?? 'Pending') && state !== 'Consumed' && !conditions.some(({ type }) => type === 'BreakGlass');
}

const REFUSED = Object.entries(OF_ALL);
const TAKEN = [...REFUSED, ...Object.entries(OF_STEPS)];

function check(edge: Edge): void {
  for (const [rule, keeps] of edge.result.ok ? TAKEN : REFUSED) {
    if (keeps(edge)) continue;
    const outcome = edge.result.ok ? JSON.stringify(edge.after) : edge.result.refusal;
    throw new Error(`not kept: ${rule}\nafter ${edge.label}: ${outcome}\nand before that:`);
  }
}

const ALL_STATES = ['Approved', 'Cancelled', 'Consumed', 'Denied', 'Expired', 'Pending', 'Revoked'];
const scenarios = { ...SCENARIOS, ...(proofSize() === 'long' ? LARGE_SCENARIOS : {}) };
const refusals = new Set<string>();

describe('[R21 R24 R40] every order of votes, uses, changes and moments', () => {
  test.each(Object.entries(scenarios))('%s', { timeout: 3_600_000 }, (name, scenario) => {
    const met: Met = { states: new Set(), refusals };
    const { states, steps, depth } = explore(modelOf(scenario, met));
    console.info(`${name}: ${states} states, ${steps} steps, at most ${depth} in a row`);
    expect([...met.states].sort()).toEqual(ALL_STATES);
  });

  test('between them they met every refusal but those of limits and of missing reasons', () => {
    expect([...refusals].sort()).toEqual([
      'AlreadyUsed',
      'AlreadyVoted',
      'Ended',
      'Expired',
      'NeededLater',
      'NoBreakGlass',
      'NotAnApprover',
      'NotApproved',
      'NotPending',
      'NotTheRequester',
      'NothingToAcknowledge',
      'SelfApproval',
      'StageNotOpen',
    ]);
  });
});
