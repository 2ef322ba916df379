import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { createConfigurationReconciler } from './create-reconciler.ts';

test.each<[string, number, boolean, number]>([
  ['a leader whose memory is in step writes', 0, true, 3],
  ['a leader whose lease may be another’s writes nothing', 0, false, 0],
  ['a leader whose policies are more than 10 s old writes nothing', 10_001, true, 0],
])('%s', async (_, age, leading, writes) => {
  const clock = new FakeClock();
  const policies = new FakeWatched<ApprovalPolicy>();
  policies.put(approvalPolicy());
  policies.fresh = clock.now() - age;
  const applied: object[] = [];
  const reconcile = createConfigurationReconciler({
    policies,
    compile: createPolicyCompiler(),
    writer: { apply: async (object) => void applied.push(object) },
    clock,
    address: { kind: 'Url', url: 'https://localhost:8443' },
    ourUsernames: [],
    caBundle: () => 'pem',
    paths: () => ({ secret: undefined }),
    stillLeading: () => leading,
    onEnforced: () => undefined,
  });
  const done = reconcile('only', new AbortController().signal);
  for (let second = 0; second < 3; second += 1) await clock.advance(1_000);
  await done;
  expect(applied).toHaveLength(writes);
});
