import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { FakeWatched } from '../../test/builders/fake-watched.ts';
import type { ApprovalPolicy } from '../core/api/kinds.ts';
import { policyRevision } from '../core/decision/policy-revision.ts';
import { FakeClock } from '../ports/fake-clock.ts';
import { createPolicyRevisions, type PolicyRevisions } from './policy-revisions.ts';

let clock: FakeClock;
let policies: FakeWatched<ApprovalPolicy>;
let revisions: PolicyRevisions;

function policy(name: string, generation = 1, uid = `uid-${name}`): ApprovalPolicy {
  const built = approvalPolicy({}, name);
  return { ...built, metadata: { ...built.metadata, uid, generation } };
}

beforeEach(() => {
  clock = new FakeClock();
  policies = new FakeWatched();
  policies.put(policy('a'));
  revisions = createPolicyRevisions(policies, clock);
});

const signal = new AbortController().signal;
/** What it says without any time passing, or after all the time that it takes. */
async function reached(wanted: readonly ApprovalPolicy[]): Promise<boolean> {
  const answer = revisions.reached(policyRevision(wanted), signal);
  for (let step = 0; step < 21; step += 1) await clock.advance(100);
  return await answer;
}

describe('the revision of a set of policies', () => {
  const base = policyRevision([policy('a'), policy('b')]);
  test.each<[string, readonly ApprovalPolicy[], boolean]>([
    ['in another order', [policy('b'), policy('a')], true],
    ['with a status', [{ ...policy('a'), status: { observedGeneration: 1 } }, policy('b')], true],
    ['with a changed spec', [policy('a', 2), policy('b')], false],
    ['with one deleted', [policy('a')], false],
    ['with one more', [policy('a'), policy('b'), policy('c')], false],
    ['with one deleted and created anew', [policy('a', 1, 'another'), policy('b')], false],
  ])('%s', (_, policies_, same) => {
    expect(policyRevision(policies_) === base).toBe(same);
    expect(policyRevision(policies_)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a replica', () => {
  test('[R3] has reached what it has in memory', async () => {
    expect(await reached([policy('a')])).toBe(true);
  });

  test('[R3] that is behind catches up while the review waits', async () => {
    const answer = revisions.reached(policyRevision([policy('a'), policy('b')]), signal);
    await clock.advance(1_900);
    policies.put(policy('b'));
    expect(await answer).toBe(true);
  });

  test('[R3] that is behind for 2 s has not reached it', async () => {
    let answer: boolean | undefined;
    void revisions.reached(policyRevision([policy('a'), policy('b')]), signal).then((value) => (answer = value));
    await clock.advance(1_999);
    expect(answer).toBeUndefined();
    await clock.advance(1);
    expect(answer).toBe(false);
  });

  test('[R3] is past what it had before: a configuration may be older than memory', async () => {
    policies.put(policy('b'));
    policies.put(policy('a', 2));
    expect(await reached([policy('a')])).toBe(true);
    expect(await reached([policy('a'), policy('b')])).toBe(true);
  });

  test('[R3] forgets what is older than 64 changes', async () => {
    for (let generation = 2; generation <= 65; generation += 1) policies.put(policy('a', generation));
    expect(await reached([policy('a', 2)])).toBe(true);
    expect(await reached([policy('a')])).toBe(false);
  });

  test('[R3] whose policies are all gone has reached nothing: a lost kind opens no gate', async () => {
    policies.remove('a');
    expect(await reached([policy('a')])).toBe(false);
    expect(await reached([])).toBe(false);
  });

  test('waits no longer than its caller', async () => {
    const gone = new AbortController();
    const answer = revisions.reached('0'.repeat(32), gone.signal);
    gone.abort();
    expect(await answer).toBe(false);
  });
});
