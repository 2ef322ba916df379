import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectorsWorld, execOf, GRACE_MS, said, T0 } from '../../../test/builders/detectors.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';

/** One action: what the gate said, what came of it, and when each piece of that reaches the ledger. */
interface Deed {
  readonly asked: boolean;
  readonly code: number;
  readonly stages: readonly AuditEvent['stage'][];
  /** Milliseconds after it happened. */
  readonly decisionAfter: number;
  readonly eventsAfter: readonly number[];
  readonly doubled: boolean;
  readonly at: number;
}

const deed: fc.Arbitrary<Deed> = fc.record({
  asked: fc.boolean(),
  code: fc.constantFrom(101, 200, 201, 403, 404, 429, 500),
  stages: fc.constantFrom<readonly AuditEvent['stage'][]>(
    ['ResponseStarted', 'ResponseComplete'],
    ['ResponseComplete'],
    ['RequestReceived', 'ResponseComplete'],
  ),
  decisionAfter: fc.integer({ min: 0, max: GRACE_MS - 1 }),
  eventsAfter: fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 2, maxLength: 2 }),
  doubled: fc.boolean(),
  at: fc.integer({ min: 0, max: 120_000 }),
});

type Step = { readonly now: number; readonly take: () => void };

/** All of it in the order of time, with looks between. */
function run(deeds: readonly Deed[], looks: readonly number[]) {
  const world = detectorsWorld();
  const found: ReturnType<typeof world.until>[number][] = [];
  const steps: Step[] = deeds.flatMap((one, index) => {
    const at = T0 + one.at;
    const id = `d${index}`;
    const { decision, event } = execOf(id, at, {
      responseStatus: { code: one.code },
      ...(one.asked ? {} : { annotations: {} }),
    });
    const events = one.stages.map((stage, nth): Step => {
      const staged = { ...event, stage, stageTimestamp: new Date(at + 50 + nth).toISOString() };
      const shown = stage === 'RequestReceived' ? { ...staged, annotations: {}, responseStatus: {} } : staged;
      const now = at + (one.eventsAfter[nth] ?? 0);
      return { now, take: () => world.event(shown, now) };
    });
    // A decision may be later than its events, by the grace at most.
    const first = Math.min(...events.map(({ now }) => now));
    const decided = { now: first + one.decisionAfter, take: () => world.decision(decision, first + one.decisionAfter) };
    return [...events, ...(one.doubled ? events : []), ...(one.asked ? [decided] : [])];
  });
  const all = [...steps, ...looks.map((ms): Step => ({ now: T0 + ms, take: () => undefined }))];
  let latest = 0;
  for (const { now, take } of all.toSorted((a, b) => a.now - b.now)) {
    take();
    found.push(...world.until(now));
    latest = now;
  }
  found.push(...world.until(latest + GRACE_MS));
  return found;
}

test('in any order and with any delay: an alarm for each action without a decision, and for nothing else', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 12 }), fc.array(fc.integer({ min: 0, max: 200_000 })), (deeds, looks) => {
      const found = run(deeds, looks);
      const alarms = new Set(found.flatMap((finding) => (finding.kind === 'Alarm' ? [finding.id] : [])));
      expect(said(found).filter((text) => !/^(Bypass|GiveBack)/.test(text))).toEqual([]);
      expect(alarms.size).toBe(deeds.filter(({ asked, code }) => !asked && code < 400).length);
    }),
    { numRuns: 300 },
  );
});

test('in any order and with any delay: each use of which nothing came is given back, and no other', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 12 }), fc.array(fc.integer({ min: 0, max: 200_000 })), (deeds, looks) => {
      const given = run(deeds, looks).flatMap((finding) => (finding.kind === 'GiveBack' ? [finding.decision] : []));
      // Of a stream, whose beginning must be told too, and not too late.
      const idsOf = (fits: (one: Deed) => boolean) =>
        deeds.flatMap((one, index) =>
          one.asked && [403, 404, 429].includes(one.code) && fits(one) ? [`d${index}`] : [],
        );
      const mayBe = idsOf(({ stages }) => stages.includes('ResponseStarted'));
      const mustBe = idsOf(
        ({ stages, eventsAfter: [begun = 0, over = 0] }) =>
          stages.includes('ResponseStarted') && begun < over + GRACE_MS,
      );
      expect(mayBe).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(mustBe));
    }),
    { numRuns: 300 },
  );
});

test('whoever names the decision of another action is found, whichever comes first', () => {
  fc.assert(
    fc.property(fc.array(deed, { minLength: 2, maxLength: 6 }), (deeds) => {
      const asked = deeds.map((one) => ({ ...one, asked: true, code: 101 }));
      const world = detectorsWorld();
      const ids = new Set<string>();
      for (const [index, one] of asked.entries()) {
        const { decision, event } = execOf('stolen', T0 + one.at + index * 200_000);
        if (index === 0) world.decision(decision, T0 + one.at);
        world.event(event, T0 + 200_000);
      }
      for (const finding of world.until(T0 + 300_000)) if (finding.kind === 'Alarm') ids.add(finding.id);
      expect(ids.size).toBe(asked.length - 1);
    }),
    { numRuns: 100 },
  );
});
