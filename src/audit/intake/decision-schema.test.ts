import { asyncProperty, assert, boolean, constantFrom, nat, string, tuple, uuid } from 'fast-check';
import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { ALICE, updateAttributes } from '../../../test/builders/attributes.ts';
import { exec, World } from '../../../test/builders/enforcement-world.ts';
import { decisionSchema } from './decision-schema.ts';

/** What was let through because it was durable in the spool must not be refused here, where nobody can do anything about it. */
test('takes every record that an enforcement point writes, and changes nothing in it', async () => {
  const text = string({ unit: 'binary', minLength: 1, maxLength: 2_000 });
  const verdicts = new Set<string>();
  const cases = tuple(
    uuid(),
    tuple(text, text),
    tuple(boolean(), constantFrom('Enforce', 'Warn', 'Audit'), constantFrom(0, 1, 80)),
    tuple(string({ maxLength: 253 }), nat(60_000)),
    constantFrom('Ask', 'Ask', 'Approved', 'Lost'),
  );
  const decide = asyncProperty(cases, async ([id, [username, uid], [isExec, mode, policies], [name, backMs], then]) => {
    const world = new World();
    const attributes = { user: { ...ALICE, username, uid }, name, dryRun: false };
    const asked = isExec ? exec(attributes) : updateAttributes(attributes);
    if (then === 'Ask')
      world.policies = Array.from({ length: policies }, (_, at) => approvalPolicy({ mode }, `policy-${at}`));
    else world.approve();
    if (then === 'Lost') world.recorder.keep = () => Promise.resolve('Lost');
    const { people } = world.settings;
    // Whoever was held for a minute may see the clock set back.
    world.settings = {
      ...world.settings,
      people: () => {
        void world.clock.advance(-backMs);
        return people();
      },
    };
    await world.enforce(then === 'Ask' ? asked : exec(), { id });
    expect(world.recorder.recorded.length).toBeGreaterThan(0);
    for (const record of world.recorder.recorded) {
      verdicts.add(record.verdict);
      const line: unknown = JSON.parse(JSON.stringify(record));
      expect(decisionSchema.parse(line)).toEqual(line);
    }
  });
  await assert(decide, { numRuns: 200, seed: 7 });
  expect([...verdicts].sort()).toEqual(['Allowed', 'Asked', 'Denied']);
}, 60_000);
