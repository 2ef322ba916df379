import { describe, expect, test } from 'vitest';
import { CREATED_AT } from '../../../test/builders/approval-request.ts';
import { policyTerms } from '../../../test/builders/approval-policy.ts';
import { run, SECOND, state, use, vote } from '../../../test/builders/approval-state.ts';
import type { ApprovalEvent } from './approval-state.ts';
import { timestamp } from './approval-state.ts';
import { transition } from './transition.ts';

type Steps = readonly (readonly [ApprovalEvent, number])[];

const ONCE = state();
const WINDOW = state({
  terms: [
    policyTerms({ grant: { type: 'Window', binding: 'Exact', useWithinSeconds: 60, windowSeconds: 600, maxUses: 2 } }),
  ],
});
const APPROVE = [vote('bob', 'Approve'), 0] as const;
const write = (decision: string) => use({ decision, repeatable: true });
const back = (decision: string, code = 403): ApprovalEvent => ({ type: 'GiveBack', decision, code });

describe('[R42] a use of a single approval', () => {
  const USED: Steps = [APPROVE, [use(), SECOND]];
  test('that is given back leaves it approved until the same deadline, and it is used again', () => {
    const before = run(ONCE, [APPROVE]);
    const given = run(ONCE, [...USED, [back('d1'), 10 * SECOND]]);
    expect(given).toMatchObject({
      state: 'Approved',
      expiresAt: before.expiresAt,
      uses: [{ id: 'd1', givenBack: { at: timestamp(CREATED_AT + 10 * SECOND), code: 403 } }],
    });
    expect(given.endedAt).toBeUndefined();
    expect(given.conditions?.find(({ type }) => type === 'Consumed')).toMatchObject({ status: 'False' });
    const again = run(ONCE, [...USED, [back('d1'), 10 * SECOND], [use({ decision: 'd2' }), 11 * SECOND]]);
    expect(again).toMatchObject({ state: 'Consumed', uses: [{ id: 'd1' }, { id: 'd2' }] });
    expect(again.conditions?.find(({ type }) => type === 'Consumed')).toMatchObject({ status: 'True' });
  });

  test('[R23] that is given back after it was found to be impersonated is good for no other', () => {
    const impersonated: ApprovalEvent = { type: 'Impersonated', message: 'alice made it' };
    const marked = run(ONCE, [...USED, [impersonated, 2 * SECOND]]);
    expect(marked).toMatchObject({ state: 'Consumed' });
    expect(marked.conditions?.find(({ type }) => type === 'Revoked')).toMatchObject({
      status: 'True',
      reason: 'Impersonated',
    });
    const given = run(ONCE, [...USED, [impersonated, 2 * SECOND], [back('d1'), 3 * SECOND]]);
    expect(given).toMatchObject({ state: 'Consumed', uses: [{ givenBack: { code: 403 } }] });
  });

  test('that is given back after the deadline can be used no more', () => {
    const steps: Steps = [...USED, [back('d1'), 1000 * SECOND], [{ type: 'Tick' }, 1000 * SECOND]];
    expect(run(ONCE, steps)).toMatchObject({ state: 'Expired' });
    expect(run(ONCE, steps).conditions?.find(({ type }) => type === 'Expired')?.reason).toBe('NotUsedInTime');
  });

  test.each([400, 403, 404, 409, 422, 429])('is given back for %i', (code) => {
    expect(run(ONCE, [...USED, [back('d1', code), SECOND]]).state).toBe('Approved');
  });

  const REFUSED: Record<string, Steps> = {
    ...Object.fromEntries(
      [101, 200, 201, 401, 405, 410, 499, 500, 502, 503, 504].map((code) => [
        `for an answer of ${code}`,
        [...USED, [back('d1', code), SECOND]] as Steps,
      ]),
    ),
    'of another decision': [...USED, [back('d2'), SECOND]],
    'a second time': [...USED, [back('d1'), SECOND], [use({ decision: 'd2' }), 2 * SECOND], [back('d1'), 3 * SECOND]],
    'whose write was reviewed again': [APPROVE, [write('d1'), SECOND], [write('d2'), 2 * SECOND], [back('d1'), SECOND]],
  };
  test.each(Object.entries(REFUSED))('is not given back %s', (_, steps) => {
    const last = steps.at(-1)?.[0];
    const before = run(ONCE, steps.slice(0, -1));
    const result = last === undefined ? undefined : transition({ ...ONCE, status: before }, last, CREATED_AT);
    expect(result).toMatchObject({ ok: false, refusal: 'NotGivenBack' });
  });

  test('is no reservation any more: the same write is a use of its own', () => {
    const steps: Steps = [APPROVE, [write('d1'), SECOND], [back('d1'), 2 * SECOND], [write('d2'), 3 * SECOND]];
    const used = run(ONCE, steps);
    expect(used.uses?.map(({ id, repeats }) => [id, repeats])).toEqual([
      ['d1', undefined],
      ['d2', undefined],
    ]);
    expect(used.state).toBe('Consumed');
  });
});

describe('[R42] a use of a window', () => {
  test('that is given back is one more that is left', () => {
    const steps: Steps = [APPROVE, [use(), SECOND], [back('d1'), 2 * SECOND]];
    const twice: Steps = [...steps, [use({ decision: 'd2' }), 3 * SECOND]];
    expect(run(WINDOW, twice).state).toBe('Approved');
    expect(run(WINDOW, [...twice, [use({ decision: 'd3' }), 3 * SECOND]]).state).toBe('Consumed');
  });
  test('that was its first leaves the deadline of before it, and the window has not begun', () => {
    const unused = run(WINDOW, [APPROVE]).expiresAt;
    const first: Steps = [APPROVE, [use(), SECOND]];
    expect(run(WINDOW, first).expiresAt).not.toBe(unused);
    expect(run(WINDOW, [...first, [back('d1'), 2 * SECOND]]).expiresAt).toBe(unused);
    const second: Steps = [...first, [use({ decision: 'd2' }), SECOND], [back('d1'), 2 * SECOND]];
    expect(run(WINDOW, second).expiresAt).not.toBe(unused);
    expect(run(WINDOW, [...second, [back('d2'), 3 * SECOND]]).expiresAt).toBe(unused);
  });
  test('that was its last opens it again', () => {
    const used: Steps = [APPROVE, [use(), SECOND], [use({ decision: 'd2' }), SECOND]];
    expect(run(WINDOW, used).state).toBe('Consumed');
    expect(run(WINDOW, [...used, [back('d2', 409), 2 * SECOND]]).state).toBe('Approved');
  });
  test('of a request that has ended otherwise only says so', () => {
    const revoked: Steps = [APPROVE, [use(), SECOND], [vote('bob', 'Revoke'), 2 * SECOND], [back('d1'), 3 * SECOND]];
    expect(run(WINDOW, revoked)).toMatchObject({ state: 'Revoked', uses: [{ givenBack: { code: 403 } }] });
  });
  test('has no end of attempts: there is always room for each use that is kept', () => {
    let steps: Steps = [APPROVE];
    for (let n = 0; n < 70; n += 1) steps = [...steps, [use({ decision: `d${n}` }), SECOND], [back(`d${n}`), SECOND]];
    const status = run(ONCE, steps);
    expect(status.uses).toHaveLength(64);
    expect(status.state).toBe('Consumed');
  });
});

describe('[R23] what only the audit log shows', () => {
  const found: ApprovalEvent = { type: 'Impersonated', message: 'admin voted as bob' };
  test('revokes what is open, with the reason', () => {
    const revoked = run(ONCE, [APPROVE, [found, SECOND]]);
    expect(revoked.state).toBe('Revoked');
    expect(revoked.conditions?.find(({ type }) => type === 'Revoked')).toMatchObject({
      reason: 'Impersonated',
      message: 'admin voted as bob',
    });
  });
  test('leaves what was used as it is', () => {
    expect(run(ONCE, [APPROVE, [use(), SECOND], [found, 2 * SECOND]]).state).toBe('Consumed');
  });
});
