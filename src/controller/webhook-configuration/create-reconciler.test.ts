import { expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { FakeWatched } from '../../../test/builders/fake-watched.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createConfigurationReconciler } from './create-reconciler.ts';

test.each<[string, number, boolean, boolean, number]>([
  ['a leader whose memory is in step writes', 0, true, true, 3],
  ['a leader whose lease may be another’s writes nothing', 0, false, true, 0],
  ['a leader whose policies are more than 10 s old writes nothing', 10_001, true, true, 0],
  ['a leader whose kind of policies is going writes nothing, whatever is left of them', 0, true, false, 0],
])('%s', async (_, age, leading, kind, writes) => {
  const clock = new FakeClock();
  const policies = new FakeWatched<ApprovalPolicy>();
  policies.put(approvalPolicy());
  policies.fresh = clock.now() - age;
  const applied: object[] = [];
  const reconcile = createConfigurationReconciler({
    policies,
    compile: createPolicyCompiler(),
    writer: {
      apply: async (object) => {
        applied.push(object);
        return 'Written';
      },
    },
    policyKindStands: async () => kind,
    log: silentLogger,
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
