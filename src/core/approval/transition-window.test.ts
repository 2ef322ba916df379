import { describe, expect, test } from 'vitest';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import { SECOND, run, state, use, vote } from '../../../test/builders/approval-state.ts';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import type { RequestStatus } from '../api/kinds.ts';
import { type ApprovalEvent, timestamp } from './approval-state.ts';
import { transition } from './transition.ts';

const WINDOW = policyTerms({
  grant: { type: 'Window', binding: 'Exact', useWithinSeconds: 60, windowSeconds: 600, maxUses: 3 },
});
const start = state({ terms: [WINDOW] });
const at = (seconds: number) => timestamp(CREATED_AT + seconds * SECOND);
const APPROVE = [vote('bob', 'Approve'), 0] as const;
const write = (decision: string, more: object = {}) => use({ decision, repeatable: true, ...more });
const connect = (decision: string) => use({ decision });

/** A window in each of its states. All times are 100 s after the approval or later. */
const STATES = {
  Pending: [],
  'Approved, not used': [APPROVE],
  'Approved, used once': [APPROVE, [connect('d1'), SECOND]],
  'Approved, used once by a write': [APPROVE, [write('d1'), 59 * SECOND]],
  'Consumed by its third use': [APPROVE, [connect('d1'), SECOND], [connect('d2'), SECOND], [connect('d3'), 2 * SECOND]],
  Denied: [[vote('bob', 'Deny'), 0]],
  Expired: [APPROVE, [{ type: 'Tick' }, 60 * SECOND]],
  Revoked: [APPROVE, [vote('bob', 'Revoke'), SECOND]],
  Cancelled: [[vote('alice', 'Cancel'), 0]],
} satisfies Record<string, readonly (readonly [ApprovalEvent, number])[]>;

/** Every event that there is; `soon` is within the time to use it first, `later` within the window, `over` after it. */
const EVENTS = {
  'an approval': [vote('carol', 'Approve'), 59.5],
  'a denial': [vote('carol', 'Deny'), 59.5],
  'a revocation': [vote('carol', 'Revoke'), 59.5],
  'a cancellation': [vote('alice', 'Cancel'), 59.5],
  'a change of the policy': [{ type: 'PolicyChanged', policy: 'prod-shells' }, 59.5],
  'time, soon': [{ type: 'Tick' }, 59.5],
  'time, later': [{ type: 'Tick' }, 599.5],
  'time, over': [{ type: 'Tick' }, 600],
  'a use, soon': [connect('next'), 59.5],
  'a use, later': [connect('next'), 599.5],
  'a use, over': [connect('next'), 600],
  'the same write again': [write('next'), 60.5],
  'the same write, not again': [write('next'), 64],
} satisfies Record<string, readonly [ApprovalEvent, number]>;

type Event = keyof typeof EVENTS;

/** The state that each event leads to, or why it is refused. */
const TABLE: Readonly<Record<keyof typeof STATES, Readonly<Record<Event, string>>>> = {
  Pending: {
    'an approval': 'Approved 0',
    'a denial': 'Denied 0',
    'a revocation': 'Revoked 0',
    'a cancellation': 'Cancelled 0',
    'a change of the policy': 'Revoked 0',
    'time, soon': 'Pending 0',
    'time, later': 'Pending 0',
    'time, over': 'Pending 0',
    'a use, soon': '! NotApproved',
    'a use, later': '! NotApproved',
    'a use, over': '! NotApproved',
    'the same write again': '! NotApproved',
    'the same write, not again': '! NotApproved',
  },
  'Approved, not used': {
    'an approval': '! NotPending',
    'a denial': 'Revoked 0',
    'a revocation': 'Revoked 0',
    'a cancellation': 'Cancelled 0',
    'a change of the policy': 'Revoked 0',
    'time, soon': 'Approved 0',
    'time, later': 'Expired 0 NotUsedInTime',
    'time, over': 'Expired 0 NotUsedInTime',
    'a use, soon': 'Approved 1',
    'a use, later': '! Expired',
    'a use, over': '! Expired',
    'the same write again': '! Expired',
    'the same write, not again': '! Expired',
  },
  'Approved, used once': {
    'an approval': '! NotPending',
    'a denial': 'Revoked 1',
    'a revocation': 'Revoked 1',
    'a cancellation': 'Cancelled 1',
    'a change of the policy': 'Revoked 1',
    'time, soon': 'Approved 1',
    'time, later': 'Approved 1',
    'time, over': 'Expired 1 WindowOver',
    'a use, soon': 'Approved 2',
    'a use, later': 'Approved 2',
    'a use, over': '! Expired',
    'the same write again': 'Approved 2',
    'the same write, not again': 'Approved 2',
  },
  'Approved, used once by a write': {
    'an approval': '! NotPending',
    'a denial': 'Revoked 1',
    'a revocation': 'Revoked 1',
    'a cancellation': 'Cancelled 1',
    'a change of the policy': 'Revoked 1',
    'time, soon': 'Approved 1',
    'time, later': 'Approved 1',
    'time, over': 'Expired 1 WindowOver',
    // A connection is reviewed once: it is never a repetition, however soon it comes.
    'a use, soon': 'Approved 2',
    'a use, later': 'Approved 2',
    'a use, over': '! Expired',
    'the same write again': 'Approved 1+1',
    'the same write, not again': 'Approved 2',
  },
  'Consumed by its third use': {
    'an approval': '! Ended',
    'a denial': '! Ended',
    'a revocation': '! Ended',
    'a cancellation': '! Ended',
    'a change of the policy': '! Ended',
    'time, soon': 'Consumed 3 MaxUsesReached',
    'time, later': 'Consumed 3 MaxUsesReached',
    'time, over': 'Consumed 3 MaxUsesReached',
    'a use, soon': '! AlreadyUsed',
    'a use, later': '! AlreadyUsed',
    'a use, over': '! AlreadyUsed',
    'the same write again': '! AlreadyUsed',
    'the same write, not again': '! AlreadyUsed',
  },
  Denied: ended('Denied 0'),
  Expired: ended('Expired 0 NotUsedInTime'),
  Revoked: ended('Revoked 0'),
  Cancelled: ended('Cancelled 0'),
};

function ended(stays: string): Readonly<Record<Event, string>> {
  const outcome = (event: ApprovalEvent) => {
    if (event.type === 'Tick') return stays;
    return event.type === 'Use' ? '! NotApproved' : '! Ended';
  };
  return Object.fromEntries(Object.entries(EVENTS).map(([name, [event]]) => [name, outcome(event)])) as Record<
    Event,
    string
  >;
}

/** `Approved 2`: the state and how many uses; `+1` repetitions; the reason where it ended by itself. */
function outcomeOf(status: RequestStatus, [event, seconds]: readonly [ApprovalEvent, number]): string {
  const result = transition({ ...start, status }, event, CREATED_AT + seconds * SECOND);
  if (!result.ok) return `! ${result.refusal}`;
  const { state: to = '', uses = [], conditions = [] } = result.status;
  const repeats = uses.reduce((sum, each) => sum + (each.repeats ?? 0), 0);
  const reason = conditions.find(({ type }) => type === to)?.reason ?? '';
  const own = to === 'Expired' || to === 'Consumed' ? ` ${reason}` : '';
  return `${to} ${uses.length}${repeats === 0 ? '' : `+${repeats}`}${own}`;
}

describe('[R40] a window: every state and every event', () => {
  const cases = Object.entries(TABLE).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to]) => [from, event, to] as const),
  );
  test.each(cases)('%s: %s: %s', (from, event, expected) => {
    const status = run(start, STATES[from as keyof typeof STATES]);
    expect(outcomeOf(status, EVENTS[event as Event])).toBe(expected);
  });
});

describe('the end of a window', () => {
  test('is at first that of the time to begin, and from the first use on that of the window', () => {
    const approved = run(start, [[vote('bob', 'Approve'), 10 * SECOND]]);
    expect(approved.expiresAt).toBe(at(70));
    const used = run({ ...start, status: approved }, [[connect('d1'), 50 * SECOND]]);
    expect(used.expiresAt).toBe(at(610));
    expect(run({ ...start, status: used }, [[connect('d2'), 400 * SECOND]]).expiresAt).toBe(at(610));
  });

  test('is sooner where the requester asked for less', () => {
    const asked = { ...start, duration: '30s' };
    const approved = run(asked, [APPROVE]);
    expect(approved.expiresAt).toBe(at(30));
    expect(run({ ...asked, status: approved }, [[connect('d1'), 20 * SECOND]]).expiresAt).toBe(at(30));
  });

  test('does not move where nothing says when it was approved', () => {
    const { conditions, ...approved } = run(start, [APPROVE]);
    expect(run({ ...start, status: approved }, [[connect('d1'), SECOND]]).expiresAt).toBe(at(60));
  });
});

test('[R40] a write reviewed again between other uses is found among them all', () => {
  const used = run(start, [APPROVE, [write('d1'), 0], [write('d2', { targetUID: 't2' }), 0], [write('d3'), SECOND]]);
  expect(used).toMatchObject({ state: 'Approved', uses: [{ id: 'd1', repeats: 1 }, { id: 'd2' }] });
});

test('[R40] the last use of a window is answered again like any other', () => {
  const used = run(start, [
    APPROVE,
    [connect('d1'), 0],
    [connect('d2'), 0],
    [write('d3', { targetUID: 't2' }), 0],
    [write('d4', { targetUID: 't2' }), SECOND],
  ]);
  expect(used).toMatchObject({ state: 'Consumed', uses: [{}, {}, { id: 'd3', repeats: 1 }] });
});
