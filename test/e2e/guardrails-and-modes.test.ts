import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import type { DecisionRecord } from '../../src/core/evidence/decision-record.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { kubectl, must, mustApply } from './harness/kubectl.ts';
import { create, execAction, expectAccepted, expectRefused, written } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  deniedRequest,
  EXEC_RULE,
  enforce,
  exec,
  policySpec,
  request,
  requests,
  scene,
} from './harness/scene.ts';

const NO_DROP: PolicySpec['guardrails'] = {
  deny: [
    {
      name: 'no-drop',
      expression: "exec != null && exec.command.exists(part, part.contains('drop'))",
      message: 'nothing is dropped by hand',
    },
  ],
};

test(`${verifies('README-guardrails')}a guardrail refuses what was approved before it was there, says why, and uses nothing`, async () => {
  const { namespace, policy } = await scene('guardrail');
  const run = () => exec('alice', namespace, 'echo', 'drop');
  const asked = deniedRequest(await run());
  await approve('bob', asked);
  await enforce(
    policy,
    policySpec(namespace, [EXEC_RULE], (spec) => ({ ...spec, guardrails: NO_DROP })),
  );

  const refused = await run();
  expectRefused(refused, /nothing is dropped by hand \(guardrail no-drop of policy guardrail-[^ ]+\)\. NOT executed/);
  expect(refused.stderr).toContain('[sallyport code=Guardrail retry=false]');
  expect(refused.stdout).not.toContain('drop');
  expect((await request(namespace, asked.name)).status?.state).toBe('Approved');

  const byHand = await create('alice', written(namespace, 'by-hand', execAction(namespace, 'echo', 'drop', 'more')));
  expectRefused(byHand, /nothing is dropped by hand \(guardrail no-drop of policy/);
  expect(await requests(namespace)).toHaveLength(1);
  expect(denialCode(await exec('alice', namespace, 'echo', 'kept'))).toBe('ApprovalRequired');

  await enforce(policy, policySpec(namespace, [EXEC_RULE]));
  expect((await run()).stdout).toBe('drop\n');
});

test(`${verifies('README-modes')}a policy that warns says what would have been asked of whom, and one that audits says nothing; both let pass`, async () => {
  const rules = [EXEC_RULE, deploymentRule(['UPDATE'])];
  const { namespace, policy } = await scene('modes', rules, (spec) => ({ ...spec, mode: 'Warn', guardrails: NO_DROP }));
  const change = (value: string, ...more: readonly string[]) =>
    kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/web', `A=${value}`, ...more]);
  await mustApply('admin', deployment(namespace, 'web'));

  const warning = new RegExp(
    `Warning: sallyport: policy ${policy} \\(mode Warn\\) would ask 1 of group sre for update on ${namespace}/deployments\\.apps/web`,
  );
  for (const warned of [await change('dry', '--dry-run=server'), await change('warned')]) {
    expect(warned.stderr).toMatch(warning);
    expect(warned.code).toBe(0);
  }
  const image = ['get', 'deployment/web', '-n', namespace, '-o', 'jsonpath={..env[0].value}'];
  expect(await must('admin', image)).toBe('warned');
  expect(await exec('alice', namespace, 'echo', 'drop')).toEqual({ code: 0, stdout: 'drop\n', stderr: '' });

  await enforce(
    policy,
    policySpec(namespace, rules, (spec) => ({ ...spec, mode: 'Audit', guardrails: NO_DROP })),
  );
  const audited = await change('audited');
  expectAccepted(audited);
  expect(await must('admin', image)).toBe('audited');
  expect(await exec('alice', namespace, 'echo', 'ok')).toEqual({ code: 0, stdout: 'ok\n', stderr: '' });
  expect(await requests(namespace)).toEqual([]);

  const decided = await decisions(namespace);
  expect(decided).toContainEqual(['alice', 'UPDATE deployments.apps', 'Allowed WouldAsk', policy]);
  expect(decided).toContainEqual(['alice', 'CONNECT pods/exec', 'Allowed WouldDeny', policy]);
  expect(decided).toContainEqual(['alice', 'CONNECT pods/exec', 'Allowed WouldAsk', policy]);
});

/** What the log says of decisions in a namespace: who, what, the outcome and which policies were only observed. */
async function decisions(namespace: string): Promise<string[][]> {
  const log = await readFile(join(inject('e2e').place.directory, 'sallyport.log'), 'utf8');
  return log.split('\n').flatMap((line) => {
    if (!line.includes('"msg":"decision"') || !line.includes(`"namespace":"${namespace}"`)) return [];
    const entry = JSON.parse(line) as DecisionRecord & { readonly username: string };
    const { username, operation, resource, verdict, code, observed = [] } = entry;
    return [[username, `${operation} ${resource}`, `${verdict} ${code}`, observed.join(',')]];
  });
}
