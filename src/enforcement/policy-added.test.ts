import { nobodyMapped } from '../../test/builders/people.ts';
import { NO_WAITING } from '../core/decision/waiting.ts';
import { describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../test/builders/approval-policy.ts';
import { ALICE } from '../../test/builders/attributes.ts';
import { digestOf, fingerprintOf } from '../core/attributes/digest.ts';
import type { PolicyTerms, State } from '../core/api/kinds.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import type { DecisionSettings } from '../core/decision/settings.ts';
import { FakeApprovals } from '../ports/fake-approvals.ts';
import { FakeClock } from '../ports/fake-clock.ts';
import { openOrJoin } from './open-or-join.ts';
import { TRUSTING } from '../../test/builders/seals.ts';

const SETTINGS: DecisionSettings = {
  systemNamespace: 'sallyport-system',
  ourUsernames: new Set(),
  hmac: (value) => value,
  seals: TRUSTING,
  people: nobodyMapped,
  limits: { pendingPerRequester: 3, pendingInAll: 5, cancelledPerRequesterADay: 50 },
};

const ACTION: GatedAction['action'] = { operation: 'DELETE', version: 'v1', resource: 'pods', namespace: 'prod' };

function gatedBy(...policies: readonly PolicyTerms[]): GatedAction {
  const digest = digestOf(ACTION);
  return {
    user: ALICE,
    class: 'Human',
    action: ACTION,
    digest,
    fingerprint: fingerprintOf(ALICE, digest),
    summary: { action: 'delete', target: 'pods' },
    policies,
    repeatable: true,
    waiting: NO_WAITING,
    namespace: 'prod',
  };
}

describe('a request of the same fingerprint is there', () => {
  const first = policyTerms();
  const stricter = policyTerms({ stages: [stage('oncall', 2)] });
  const added = policyTerms({}, 'added');
  const other = policyTerms({}, 'other');

  test.each<[sentence: string, state: State, then: readonly PolicyTerms[], now: readonly PolicyTerms[], kind: string]>([
    ['pending under the same policies: it is joined', 'Pending', [first], [first], 'Pending existing'],
    ['approved under the same policies: it may be used', 'Approved', [first], [first], 'Approved existing'],
    ['pending, and a policy has gone: it is joined', 'Pending', [first, other], [first], 'Pending existing'],
    ['pending under other terms: its end is awaited', 'Pending', [stricter], [first], 'PolicyChanged'],
    ['approved under other terms: its end is awaited', 'Approved', [stricter], [first], 'PolicyChanged'],
    ['pending, and a policy was added: another is opened', 'Pending', [first], [first, added], 'Pending new'],
    ['approved, and a policy was added: another is opened', 'Approved', [first], [first, added], 'Pending new'],
    ['approved under another policy altogether: another is opened', 'Approved', [other], [first], 'Pending new'],
    ['other terms and one added: its end is awaited', 'Approved', [stricter], [first, added], 'PolicyChanged'],
  ])('%s', async (_, state, then, now, kind) => {
    const clock = new FakeClock();
    const approvals = new FakeApprovals(clock);
    const call = { id: 'd', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
    const ports = { approvals, clock, settings: SETTINGS };
    const opened = await openOrJoin(gatedBy(...then), {}, ports, call);
    if (opened.kind !== 'Pending') throw new Error(opened.kind);
    const existing = approvals.put({ ...opened.request, status: { state } });

    const result = await openOrJoin(gatedBy(...now), {}, ports, call);
    const which = 'request' in result ? result.request.metadata.uid === existing.metadata.uid : undefined;
    expect([result.kind, ...(which === undefined ? [] : [which ? 'existing' : 'new'])].join(' ')).toBe(kind);
    expect(approvals.all()).toHaveLength(kind === 'Pending new' ? 2 : 1);
  });
});
